"""What the proofs on a test host take for an answer."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.prove.load import Sent, send

BODY: dict[str, Any] = {"session_id": "s", "user_id": "u", "request_id": "r", "message": {"text": "?"}}


def sent(status: int, text: str) -> Sent:
    async def ask() -> Sent:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, text=text))
        async with httpx.AsyncClient(transport=transport, base_url="https://machine") as http:
            return await send(http, "key", BODY)

    return asyncio.run(ask())


def test_an_answer_is_kept_word_for_word() -> None:
    found = sent(200, '{"answer": "Тариф «Рост»"}')
    assert (found.status, found.answer, found.failure, found.by_contract) == (200, "Тариф «Рост»", "", True)


@pytest.mark.parametrize("text", ["<html>Welcome to nginx!</html>", "[]", '{"error": {}}', ""])
def test_a_200_without_an_answer_is_a_failure_that_the_proof_sees(text: str) -> None:
    found = sent(200, text)
    assert found.status != 200 and found.failure.startswith("200") and not found.by_contract
