"""Where the keys come from, and what the service opens and closes around its life."""

import asyncio
from pathlib import Path

import pytest

from app.api.app import create_app
from app.api.keys import KeyRing, load_keys
from app.errors import ConfigError
from app.settings import load
from app.turn.machine import Machine

KEY = "a-key-of-the-tests-that-is-long-enough"


@pytest.mark.parametrize(
    ("content", "passes"),
    [
        (f"{KEY}\n".encode(), True), (f"# a comment\n\n  {KEY}  \n".encode(), True), (f"{KEY}\r\n".encode(), True),
        (b"\xff\xfe\x00", False), (b"# nothing else\n", False), (b"", False), (f" # {KEY}\n".encode(), False),
        (f"{KEY} {KEY}\n".encode(), False),
    ],
)  # fmt: skip
def test_a_file_of_keys_has_one_a_line(tmp_path: Path, content: bytes, passes: bool) -> None:
    (tmp_path / "keys").write_bytes(content)
    settings = load(environ={"MACHINE_API__KEYS_FILE": str(tmp_path / "keys")}).api
    if passes:
        assert load_keys(settings, {}).accepts(f"Bearer {KEY}")
    else:
        with pytest.raises(ConfigError) as refused:
            load_keys(settings, {})
        assert KEY not in str(refused.value)


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_file_of_keys_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / "keys").mkdir()
    settings = load(environ={"MACHINE_API__KEYS_FILE": str(tmp_path / "keys")}).api
    with pytest.raises(ConfigError, match=r"keys' cannot be read: .*; check api\.keys_file"):
        load_keys(settings, {})


@pytest.mark.parametrize("fails", [False, True])
async def test_what_the_service_opens_it_closes_also_when_it_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    seen: list[str] = []

    class Monitor:
        def __init__(self, *_: object) -> None:
            seen.append("made")

        async def start(self) -> None:
            seen.append("gpu started")

        async def close(self) -> None:
            seen.append("gpu closed")

    async def opened() -> None:
        seen.append("model opened")

    async def closed(_: Machine) -> None:
        seen.append("machine closed")

    monkeypatch.setattr("app.service.lifecycle.GpuMonitor", Monitor)
    monkeypatch.setattr(machine.llm, "open", opened)
    monkeypatch.setattr(Machine, "close", closed)
    application = create_app(machine, KeyRing([KEY]))
    context = application.router.lifespan_context(application)
    await context.__aenter__()
    error = KeyError("x") if fails else None
    assert not await context.__aexit__(type(error) if error else None, error, None)
    assert seen == ["made", "gpu started", "model opened", "gpu closed", "machine closed"]
    assert (
        await machine.store._read(lambda db: db.execute("SELECT count(*) FROM knowledge_versions").fetchone()[0]) == 1
    )
    assert [task for task in asyncio.all_tasks() if task.get_name() in {"clock", "memory-read-through"}] == []
