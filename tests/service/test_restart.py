"""A service that restarts beside a model that is loaded already serves its first caller."""

import asyncio

import pytest

from loadtests.rig import Rig
from loadtests.service import message


@pytest.mark.long
def test_the_first_caller_after_a_restart_is_answered() -> None:
    with Rig(speed=20) as rig:
        rig.server.stop()
        rig.emulator.state(speed=0.3)  # what the service asks first, to learn whether the model answers, takes a while
        rig.server.start()
        rig.emulator.state(speed=20)

        async def first() -> int:
            async with rig.client() as client:
                return (await client.post("/api/v1/process", json=message("Сколько стоит тариф Рост?"))).status_code

        assert asyncio.run(first()) == 200


@pytest.mark.long
def test_a_start_does_not_wait_for_a_model_that_is_cold() -> None:
    with Rig(speed=20) as rig:
        rig.server.stop()
        rig.emulator.state(loaded=False, speed=0.5)  # the load alone takes longer than a start may
        rig.server.start()

        async def first() -> tuple[int, str]:
            async with rig.client() as client:
                reply = await client.post("/api/v1/process", json=message("Сколько стоит тариф Рост?"))
                return reply.status_code, reply.text

        status, text = asyncio.run(first())
        assert status == 503
        assert "being loaded" in text
