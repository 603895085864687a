"""What the tool that switches releases waits for, what it takes unless told otherwise, and what is on the disk when."""

import os
import shutil
import stat
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operations.release_tool import Tool, modules


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tool]:
    with modules() as found:
        made = Tool(tmp_path, found, monkeypatch)
        yield made
        made.close()


def options(tool: Tool, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Namespace:
    monkeypatch.setattr(sys, "argv", ["sales-machine-release", *arguments])
    found: Namespace = tool.modules["main"]._arguments()
    return found


@pytest.mark.parametrize(
    ("arguments", "gate", "compare"),
    [
        (("use", "2.0-b"), True, True),
        (("use", "2.0-b", "--no-gate"), False, True),
        (("rollback",), True, False),
        (("rollback", "--no-gate"), False, False),
        (("back",), False, False),
    ],
)
def test_what_is_new_is_tried_and_compared_and_who_goes_back_is_in_a_hurry(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], gate: bool, compare: bool
) -> None:
    found = options(tool, monkeypatch, *arguments)
    assert (found.gate, found.compare, found.timeout, found.message) == (gate, compare, 180, "Здравствуйте!")
    assert found.questions is None


def test_three_releases_are_kept_unless_another_number_is_named(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert options(tool, monkeypatch, "prune").keep == 3
    assert options(tool, monkeypatch, "prune", "--keep", "5").keep == 5
    assert options(tool, monkeypatch, "recover").boot is False


def test_another_one_at_work_is_waited_for_longer_than_two_gates_and_two_starts(tool: Tool) -> None:
    assert tool.modules["intent"]._PATIENCE_S == 900 > 2 * 180 + 2 * 180
    alone = tool.modules["intent"].alone
    with alone(), pytest.raises(tool.failed, match="is at work; try again when it has ended"), alone(patience_s=0):
        pass


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_counts(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def replaced(path: Path, target: Path) -> Path:
        done.append("named")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    state = tool.modules["state"]
    state.write(tool.etc / "settings.yaml", "a: 1", 0o640, "root")
    assert done == ["file", "named", "folder"]
    done.clear()
    state.write(tool.etc / "settings.yaml", None, 0o640, "root")
    assert done == ["folder"]
    done.clear()
    state._link(tool.code / "current", "releases", "2.0-b")
    assert done == ["named", "folder"]
    done.clear()
    state._link(tool.code / "current", "releases", None)
    assert done == ["folder"]


def test_settings_are_the_services_to_read_and_the_unit_everybodys(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    owned: dict[str, tuple[str, str]] = {}
    monkeypatch.setattr(shutil, "chown", lambda name, user, group: owned.setdefault(Path(name).name, (user, group)))
    tool.state("2.0-b").apply(keep_knowledge=False)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tool.etc / "settings.yaml", tool.folder / "sales-machine.service")
    }
    assert modes == {"settings.yaml": 0o640, "sales-machine.service": 0o644}
    assert {name.split(".")[1]: who for name, who in owned.items()} == {
        "sales-machine": ("root", "root"), "settings": ("root", "sales-machine"),
    }  # fmt: skip


def test_what_is_tried_is_read_by_the_services_user_alone(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool.install("1.0-a", "2.0-b")
    tool.serves("1.0-a")
    seen: dict[str, Any] = {}
    owned: list[tuple[str, str]] = []

    def try_out(
        name: str, settings: Path, knowledge: Path, told: Namespace, questions: Path | None = None
    ) -> list[str]:
        seen.update(
            name=name,
            folder=stat.S_IMODE(settings.parent.stat().st_mode),
            settings=(settings.read_text(), stat.S_IMODE(settings.stat().st_mode)),
            place=settings.parent.parent,
            knowledge=knowledge,
        )
        return []

    monkeypatch.setattr(tool.modules["switch"], "try_out", try_out)
    monkeypatch.setattr(shutil, "chown", lambda _, user, group: owned.append((user, group)))
    tool.switch(tool.state("2.0-b", "a: 2", "kb2"), gate=True)
    assert seen == {
        "name": "2.0-b", "folder": 0o711, "settings": ("a: 2", 0o640), "place": tool.etc,
        "knowledge": tool.data / "kb-versions/kb2",
    }  # fmt: skip
    assert ("root", "sales-machine") in owned
    assert not list(tool.etc.glob(".gate.*"))


def test_a_reply_and_an_end_are_waited_for_a_minute(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    class Opener:
        def open(self, request: urllib.request.Request, timeout: float) -> Any:
            asked.append(timeout)
            assert request.headers == {"Content-type": "application/json", "Authorization": "Bearer k"}
            raise OSError

    monkeypatch.setattr(urllib.request, "build_opener", lambda *_: Opener())
    with pytest.raises(OSError):
        tool.modules["state"].fetch("http://127.0.0.1:9", "k", {})
    assert asked == [60]

    class Process:
        def __init__(self) -> None:
            self.told: list[object] = []

        def poll(self) -> None:
            return None

        def send_signal(self, number: int) -> None:
            self.told.append(number)

        def kill(self) -> None:
            self.told.append("kill")

        def wait(self, seconds: float) -> int:
            self.told.append(seconds)
            if len(self.told) == 2:
                raise subprocess.TimeoutExpired("x", seconds)
            return -9

    process = Process()
    assert tool.modules["gate"]._end(process) == -9
    assert process.told == [15, 60, "kill", 10]


def test_a_failure_brings_the_last_twenty_lines_of_the_journal(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    tool.serves("1.0-a")
    journal = tool.folder / "bin/journalctl"
    journal.write_text(f'#!/bin/sh\necho "journalctl $*" >> {tool.folder}/calls\nseq 1 30\n')
    tool.ill.add("1.0-a")
    began = time.strftime("%Y-%m-%d")
    with pytest.raises(tool.failed) as failed:
        tool.modules["switch"].serve(tool.state("1.0-a"), Namespace(timeout=1), keep_knowledge=False)
    assert str(failed.value).splitlines() == ["not healthy in time", *map(str, range(11, 31))]
    asked = [call for call in tool.calls if "--unit" in call]
    assert len(asked) == 1
    assert f"--unit sales-machine.service --since {began}" in asked[0]
    assert "journalctl --sync" in tool.calls
