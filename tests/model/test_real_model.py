"""Whole turns through a model that nobody scripted: whatever it writes, the caller gets a valid reply and nothing false."""

import httpx
import pytest

from app.api.schemas import ProcessResponse
from loadtests.service import message
from tests.model.conftest import Serves
from tests.model.llamacpp import ALIAS
from tests.model.playing import calls, ready

pytestmark = [pytest.mark.model, pytest.mark.long]  # it writes for seconds: not beside other tests
QUESTIONS = ("How much is the plan for a single till?", "Can I try it before I pay?", "Do you deliver to another city?")


def test_three_questions_get_three_replies_of_the_contract(serves: Serves) -> None:
    with serves() as server, server.client() as client:
        client.timeout = httpx.Timeout(300)
        ready(server)
        for number, question in enumerate(QUESTIONS):
            response = client.post("/api/v1/process", json=message(question, user=f"model-{number}"))
            assert response.status_code == 200, response.text
            reply = ProcessResponse.model_validate_json(response.content)
            assert reply.answer.strip()
            assert reply.meta.model in (ALIAS, "extractive")
        metrics = client.get("/metrics").text
    made = calls(metrics).keys()
    assert {"ok", "length", "salvaged"} & made, f"the model never spoke: {made}"
    assert not {"rejected", "no_model", "forbidden", "garbage", "server_error", "stream_error", "cut"} & made
    assert "machine_model_truncated_total 0.0" in metrics
