"""A real model behind the real service: llama.cpp's server with a small model, for every test of this folder."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from loadtests.service import Server
from tests.model.llamacpp import ALIAS, LlamaServer
from tests.model.weights import SMOLLM

Serves = Callable[..., AbstractContextManager[Server]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("model"):
            item.add_marker(pytest.mark.timeout(900))  # of a processor that does other things too
            if SMOLLM.missing and "model_server" in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason=SMOLLM.missing))


@pytest.fixture(scope="session")
def model_server() -> Iterator[LlamaServer]:
    """llama.cpp's server on a free port, its weights compared with their sha256; one for the whole session."""
    with LlamaServer() as running:
        yield running


@pytest.fixture(scope="session")
def serves(model_server: LlamaServer, tmp_path_factory: pytest.TempPathFactory) -> Serves:
    """serves(MACHINE_TURN__PARALLEL="1", ...): the service as a process of its own that speaks through that model.

    Short prompts, long deadlines and always the same chance: it is a processor that reads, not a card. What the model
    makes unusable is answered by the knowledge base (the flag degraded).
    """

    @contextmanager
    def running(**environment: str) -> Iterator[Server]:
        chosen = {
            "MACHINE_LLM__BACKEND": "openai", "MACHINE_LLM__HOST": model_server.url, "MACHINE_LLM__MODEL": ALIAS,
            "MACHINE_LLM__LABEL": ALIAS, "MACHINE_LLM__EXTRA_BODY": '{"seed": 1}', "MACHINE_LLM__LOAD_S": "600",
            "MACHINE_TURN__TIMEOUT_S": "240", "MACHINE_TURN__PARALLEL": "2", "MACHINE_TURN__PROMPT_TOKENS": "400",
            "MACHINE_TURN__PASSAGES": "1", "FF_degraded": "true", "FF_timings": "true",
        }  # fmt: skip
        with Server(tmp_path_factory.mktemp("service"), environment=chosen | environment) as server:
            yield server

    return running
