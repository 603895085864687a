"""The emulated model server with a real model behind its wire: sampling and form are obeyed, and so is the context."""

import json
from typing import Any

import httpx
import pytest

from loadtests.emulators.harness import OllamaEmulator
from tests.model.llamacpp import weights
from tests.model.weights import SMOLLM

pytestmark = [pytest.mark.model, pytest.mark.skipif(bool(SMOLLM.missing), reason=SMOLLM.missing)]
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["price", "other"]}, "answer": {"type": "string", "maxLength": 20}},
    "required": ["kind", "answer"],
}


def test_a_real_model_speaks_over_the_same_wire() -> None:
    with OllamaEmulator("--gguf", str(weights()), "--context-length", "1024", "--num-parallel", "1") as emulator:

        def asks(text: str = "How much is tea?", **more: Any) -> httpx.Response:
            options = {"num_ctx": 1024, "num_predict": 24, "temperature": 0.0, "seed": 1} | more.pop("options", {})
            body = {"model": "qwen3:14b", "messages": [{"role": "user", "content": text}], "think": False,
                    "stream": False, "truncate": False, "options": options} | more  # fmt: skip
            return httpx.post(f"{emulator.url}/api/chat", json=body, timeout=600, trust_env=False)

        first, second = asks().json(), asks().json()
        assert first["message"] == second["message"], "without chance it says the same"
        assert first["message"]["content"]
        assert first["prompt_eval_count"] > 10
        assert first["eval_count"] <= 24
        formed = asks(format=SCHEMA, options={"num_predict": 200}).json()
        assert json.loads(formed["message"]["content"])["kind"] in ("price", "other")
        forced = asks(format={"type": "array", "items": {"type": "integer"}, "minItems": 60}).json()
        assert (forced["done_reason"], forced["eval_count"]) == ("length", 24)
        stopped = asks(options={"stop": ["e", "a", "o", "i"], "num_predict": 200}).json()
        assert stopped["done_reason"] == "stop"
        assert not set("eaoi") & set(stopped["message"]["content"])
        refused = asks("касса " * 1500)
        inside = json.loads(refused.json()["error"])["error"]
        assert (refused.status_code, inside["type"], inside["n_ctx"]) == (400, "exceed_context_size_error", 1024)
        odd = asks(format={"type": "object", "properties": {"a": {"type": "string", "pattern": "["}}})
        assert odd.status_code in (200, 400)
