"""The watch over the model server by its timetable: when it looks, how long it waits, and what it says of each fault."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.errors import ModelUnavailable
from app.llm.client import CallFailed, LoadedModel, ServerWords
from app.llm.ollama import WORDS
from app.llm.watch import ModelWatch
from app.settings import load
from app.telemetry import Telemetry
from tests.virtual import took

SETTINGS = load(environ={})


class Server:
    """A model server as the watch sees it: `sees()` is what a look finds, `loads()` what a warm-up takes."""

    words = WORDS

    def __init__(self, sees: Callable[[], Any], loads: Callable[[], Any] = lambda: None) -> None:
        self._sees, self._loads = sees, loads
        self.looked: list[float] = []
        self.loading: list[float] = []

    async def loaded(self) -> LoadedModel | None:
        self.looked.append(asyncio.get_running_loop().time())
        found: LoadedModel | None = await self._outcome(self._sees())
        return found

    async def warm(self, _: str) -> None:
        self.loading.append(asyncio.get_running_loop().time())
        await self._outcome(self._loads())

    async def _outcome(self, found: Any) -> Any:
        if isinstance(found, float):  # seconds of silence
            await asyncio.sleep(found)
            return LoadedModel(10, 7, "d1")
        if isinstance(found, Exception):
            raise found
        return found


WHOLE = LoadedModel(10, 7, "d1")


def watching(server: Server, seconds: float, **llm: Any) -> tuple[ModelWatch, Telemetry, list[Any]]:
    """The watch after so many seconds, its metrics, and what was logged."""
    telemetry = Telemetry(b"key")
    settings = SETTINGS.llm.model_copy(update={"watch_s": 10.0, "load_s": 300.0} | llm)
    found = []

    async def play() -> None:
        watch = ModelWatch(server, settings, telemetry, "system")  # type: ignore[arg-type]
        found.append(watch)
        await watch.open()
        await asyncio.sleep(seconds)
        await watch.close()

    with capture_logs() as logged:
        took(play())
    return found[0], telemetry, logged


def up(telemetry: Telemetry) -> bool:
    return "machine_model_up 1.0" in telemetry.exposition().decode()


def test_a_loaded_model_is_looked_at_by_the_setting_and_a_missing_one_every_second() -> None:
    server = Server(lambda: WHOLE)
    watch, telemetry, logged = watching(server, 35)
    assert [round(at) for at in server.looked] == [0, 0, 10, 20, 30]
    assert server.loading == [0], "with our options it stays as it is"
    assert watch.state.detail == f"{SETTINGS.llm.model} is loaded"
    assert (watch.state.size, watch.state.size_vram, watch.state.digest) == (10, 7, "d1")
    assert up(telemetry)
    assert [(each["event"], each["state"], each["detail"]) for each in logged] == [
        ("model", "loading", f"{SETTINGS.llm.model} is being loaded"),
        ("model", "warm", f"{SETTINGS.llm.model} is loaded"),
    ], "a state is told once"
    server = Server(lambda: CallFailed("refused"))
    watch, telemetry, logged = watching(server, 4.5)
    assert [round(at) for at in server.looked] == [0, 1, 2, 3, 4]
    assert not up(telemetry)
    assert [each["state"] for each in logged] == ["failed"]
    server = Server(lambda: CallFailed("refused"))
    watching(server, 1.1, watch_s=0.5)
    assert len(server.looked) == 3, "no seldomer than the setting says"


REMEDIES = {
    "refused": "start it: systemctl start ollama",
    "no_model": f"fetch it: ollama pull {SETTINGS.llm.model}",
    "forbidden": "set llm.host to http://127.0.0.1:11434",
    "crash": "look at journalctl -u ollama, free GPU memory",
    "rejected": "compare llm.context and llm.gpu_layers",
    "server_error": "Ollama failed (server_error); look at journalctl -u ollama",
    "busy": "Ollama failed (busy); look at journalctl -u ollama",
}


@pytest.mark.parametrize("at_load", [False, True], ids=["at a look", "while it is loaded"])
@pytest.mark.parametrize("kind", REMEDIES)
def test_every_fault_of_the_server_has_its_remedy(kind: str, at_load: bool) -> None:
    failure = CallFailed(kind, "secret words of the server")
    server = Server(lambda: None, lambda: failure) if at_load else Server(lambda: failure)
    watch, telemetry, _ = watching(server, 0.5)
    assert watch.state.state == "failed"
    assert REMEDIES[kind] in watch.state.detail
    assert "secret" not in watch.state.detail
    assert not up(telemetry)
    with pytest.raises(ModelUnavailable) as gone:
        watch.available()
    assert (gone.value.reason, gone.value.retry_after) == ("gone", 5)


def test_a_load_that_does_not_end_is_given_up_and_one_that_is_undone_at_once_is_said() -> None:
    server = Server(lambda: None, lambda: 1e6)
    _, _, logged = watching(server, 250, load_s=200.0)
    assert [each["state"] for each in logged] == ["loading", "failed", "loading"]
    assert logged[1]["detail"].endswith("was not loaded within 200 s")
    assert [round(at) for at in server.loading] == [0, 201]
    watch, _, _ = watching(Server(lambda: None), 0.5)
    assert "was unloaded as soon as it was loaded; look at its keep_alive" in watch.state.detail


def test_a_start_waits_for_a_loaded_model_ten_seconds_at_most_and_not_for_a_cold_one() -> None:
    def opened(server: Server) -> float:
        async def play() -> None:
            watch = ModelWatch(server, SETTINGS.llm, Telemetry(b"key"))  # type: ignore[arg-type]
            await watch.open()
            opening.append(asyncio.get_running_loop().time())
            await watch.close()

        opening: list[float] = []
        took(play())
        return opening[0]

    assert opened(Server(lambda: None, lambda: 1e6)) == 0, "a cold one takes minutes"
    assert opened(Server(lambda: WHOLE, lambda: 4.0)) == 4, "its first caller finds it ready"
    assert 5 <= opened(Server(lambda: WHOLE, lambda: 1e6)) <= 15


def test_three_silent_looks_of_three_seconds_and_it_is_gone() -> None:
    silence = [WHOLE, WHOLE, 99.0, 99.0, 99.0, 99.0]
    server = Server(lambda: silence.pop(0) if silence else WHOLE)
    watch, _, logged = watching(server, 40, watch_s=1.0)
    assert [round(at) for at in server.looked[:5]] == [0, 0, 1, 5, 9]
    assert [each["state"] for each in logged] == ["loading", "warm", "failed", "loading", "warm"]
    assert "does not answer within 3 s" in logged[2]["detail"]
    watch.available()


def test_another_model_of_the_same_name_serves_nobody_in_the_moment_in_which_it_was_loaded() -> None:
    server = Server(lambda: WHOLE if server.loading else None)
    watch, telemetry, logged = watching(server, 5, digest="d2" * 32)
    assert [each["state"] for each in logged] == ["loading", "failed"], "never warm, not even until the next look"
    assert "has the digest d1, not d2d2d2d2d2d2" in watch.state.detail
    assert not up(telemetry)


@pytest.mark.parametrize(("asked", "looks"), [(20.0, [0, 20, 40]), (7200.0, [0, 60, 120]), (0.0, list(range(5)))])
def test_a_server_that_asks_to_be_left_alone_is_left_alone_for_a_minute_at_most(asked: float, looks: list[int]) -> None:
    server = Server(lambda: CallFailed("busy", retry_after=asked))
    watch, _, _ = watching(server, looks[-1] + 0.5)
    assert [round(at) for at in server.looked] == looks
    assert watch.state.state == "failed"


def test_a_server_that_loads_the_model_itself_is_waited_for_and_says_how_it_is_called() -> None:
    server = Server(lambda: None, lambda: CallFailed("busy"))
    server.words = ServerWords("that server", {}, "{model} failed ({kind})", "look there", frozenset({"busy"}))
    watch, telemetry, _ = watching(server, 3)
    assert (watch.state.state, watch.state.fix) == ("loading", "look there")
    with pytest.raises(ModelUnavailable) as loading:
        watch.available()
    assert (loading.value.reason, loading.value.retry_after) == ("loading", 15)
    assert not up(telemetry)
    silence = Server(lambda: 99.0)
    silence.words = server.words
    watch, _, _ = watching(silence, 60, watch_s=1.0)
    assert watch.state.detail.startswith("that server at http://127.0.0.1:11434 does not answer")
