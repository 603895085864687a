"""A call for which no time is left: it is the caller's lateness and says nothing of the model."""

import asyncio
import socket

import pytest

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import ModelUnavailable
from app.llm.ollama import Ollama
from app.turn.machine import Machine
from app.types import ChatMessage, DialogueState, Prompt, Step


async def test_it_is_not_made_and_does_not_open_the_breaker(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"http://127.0.0.1:{server.getsockname()[1]}"
        llm = machine.settings.llm.model_copy(update={"host": host})
        backend = Ollama(machine.settings.model_copy(update={"llm": llm}), machine.telemetry, Pace())
        step = Step("answer", "price", DialogueState())
        prompt = Prompt(step, (), (), "Сколько стоит?", messages=(ChatMessage("user", "Сколько стоит?"),))
        for _ in range(llm.breaker_failures):
            with pytest.raises(ModelUnavailable, match="too late"):
                await backend.answer(prompt, Deadline.after(machine.settings.turn.reserve_s / 2))
        await asyncio.sleep(0)
        assert backend._breaker.state == "closed"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()  # nobody has called
        await backend.close()
