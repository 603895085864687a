"""What the watch over the model server makes of what it sees, and what it says to turns meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from app.errors import ModelUnavailable
from app.llm.client import CallFailed, LoadedModel
from app.llm.ollama import WORDS
from app.llm.watch import ModelWatch
from app.settings import load
from app.telemetry import Telemetry

WHOLE = LoadedModel(10, 10, "d1")


class Server:
    """A model server as the watch sees it. `sees` is what a look finds: an error, nothing, or silence for ever."""

    words = WORDS

    def __init__(self) -> None:
        self.sees: LoadedModel | CallFailed | Callable[[], Any] | None = WHOLE
        self.looks = 0
        self.warmed: list[str] = []
        self._looked = asyncio.Event()

    async def loaded(self) -> LoadedModel | None:
        self.looks += 1
        self._looked.set()
        self._looked = asyncio.Event()
        if self.sees is silence:
            await asyncio.Event().wait()
        if isinstance(self.sees, CallFailed):
            raise self.sees
        assert self.sees is None or isinstance(self.sees, LoadedModel)
        return self.sees

    async def warm(self, system: str) -> None:
        self.warmed.append(system)
        if self.sees is None:
            self.sees = WHOLE

    async def until(self, held: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not held():
                await self._looked.wait()
                await asyncio.sleep(0)


def silence() -> None:
    """A server that takes a call and says nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr("app.llm.watch._LOOK_S", 0.02)
    return Server()


@pytest.fixture
async def watch(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ModelWatch]:
    """One that looks all the time and knows the model as loaded."""
    settings = load(environ={}).llm.model_copy(update={"watch_s": 0.001})
    watching = ModelWatch(server, settings, Telemetry(b"key"), "Ты продавец.")  # type: ignore[arg-type]
    await watching.open()
    assert watching.state.state == "warm"
    yield watching
    await watching.close()


async def test_a_server_that_is_silent_is_gone_after_three_looks_and_not_before(
    watch: ModelWatch, server: Server
) -> None:
    before, server.sees = server.looks, silence
    await server.until(lambda: server.looks >= before + 3)  # the third has begun, two have said nothing
    watch.available()
    await server.until(lambda: server.looks >= before + 4)
    with pytest.raises(ModelUnavailable, match="not available") as gone:
        watch.available()
    assert (gone.value.reason, gone.value.retry_after) == ("gone", 5)
    assert "does not answer within" in watch.state.detail


async def test_silence_between_answers_is_no_three_in_a_row(watch: ModelWatch, server: Server) -> None:
    for _ in range(3):
        before, server.sees = server.looks, silence
        await server.until(lambda before=before: server.looks >= before + 2)
        watch.available()  # one look has passed in silence, the next one will
        server.sees = WHOLE
        before = server.looks
        await server.until(lambda before=before: server.looks >= before + 3)


async def test_a_server_that_does_not_listen_is_gone_at_once(watch: ModelWatch, server: Server) -> None:
    before, server.sees = server.looks, CallFailed("refused")
    watch.doubt()
    await server.until(lambda: server.looks > before + 1)
    with pytest.raises(ModelUnavailable):
        watch.available()
    assert "systemctl start ollama" in watch.state.detail


async def test_a_server_that_has_forgotten_the_model_is_told_to_load_it_with_the_first_system_text(
    watch: ModelWatch, server: Server
) -> None:
    before, server.sees = len(server.warmed), None
    await server.until(lambda: len(server.warmed) > before)
    assert server.warmed[-1] == "Ты продавец."
    await server.until(lambda: watch.state.state == "warm")
    watch.available()


async def test_while_it_is_loaded_callers_are_told_to_come_back(server: Server) -> None:
    telemetry, settings = Telemetry(b"key"), load(environ={}).llm
    watching = ModelWatch(server, settings, telemetry)  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable, match="being loaded") as loading:
        watching.available()
    assert (loading.value.reason, loading.value.retry_after) == ("loading", 15)


async def test_another_model_of_the_same_name_is_not_used(server: Server) -> None:
    settings = load(environ={}).llm.model_copy(update={"watch_s": 0.001, "digest": "d2" * 32})
    watching = ModelWatch(server, settings, Telemetry(b"key"))  # type: ignore[arg-type]
    await watching.open()
    before = server.looks
    await server.until(lambda: server.looks > before + 2)
    with pytest.raises(ModelUnavailable):
        watching.available()
    assert "has the digest d1, not d2d2d2d2d2d2" in watching.state.detail
    assert server.warmed == []
    await watching.close()


async def test_nor_is_one_that_takes_its_place_while_the_service_runs(server: Server) -> None:
    settings = load(environ={}).llm.model_copy(update={"watch_s": 0.001, "digest": WHOLE.digest})
    watching = ModelWatch(server, settings, Telemetry(b"key"))  # type: ignore[arg-type]
    await watching.open()
    watching.available()
    before, server.sees = server.looks, replace(WHOLE, digest="d2" * 32)
    await server.until(lambda: server.looks > before + 2)
    with pytest.raises(ModelUnavailable):
        watching.available()
    await watching.close()
