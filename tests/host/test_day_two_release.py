"""update.yml and rollback.yml on a serving machine: customers notice nothing, and what does not hold gives way."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.host.hosts import ROOT, Host, Play
from tests.host.test_app_role import PARTS
from tests.prove.day_two import Report, under_load

UPDATE, ROLLBACK = "playbooks/update.yml", "playbooks/rollback.yml"
# The model at twenty times the speed of the card, and the service told so.
FAST: dict[str, Any] = {
    "ollama_environment": {"EMULATOR_PROFILE": "gex44", "EMULATOR_SPEED": "20"},
    "app_settings": {"llm": {"prefill_tps": 18000, "decode_tps": 470}},
    "app_start_timeout_s": 40,
}
_COUNT = "import sqlite3; db = sqlite3.connect('/var/lib/sales-machine/conversations.db'); print(db.execute('SELECT count(*) FROM turns').fetchone()[0])"
_MIGRATION = """
def m_broken(db):
    raise RuntimeError("the migration broke")
migrate.__defaults__ = ((*MIGRATIONS, m_broken),)
"""
# A service whose bodies at one path are changed on their way out.
_BODY = """
import re
class _Wrong:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        async def changed(message):
            if message["type"] == "http.response.body":
                message = message | {"body": re.sub(rb"%s", b"%s", message["body"])}
            await send(message)
        await self.app(scope, receive, changed if scope.get("path") == "%s" else send)
_create = create_app
def create_app(bots, keys):
    application = _create(bots, keys)
    application.add_middleware(_Wrong)
    return application
"""
# What is appended to which file of the release, and what the run must say.
BROKEN = {
    "wheel": ("app/cli/__init__.py", "import no_such_module\n", "no_such_module"),
    "migration": ("app/store/migrations.py", _MIGRATION, "the migration broke"),
    "health": ("app/api/app.py", _BODY % ("ok", "no", "/health"), "/health is not ok"),
    "answers": ("app/api/app.py", _BODY % (r"\d", "1", "/api/v1/process"), "it answers worse"),
    # Passes its gate, where there is no model, and fails the real turn behind the switch.
    "real turn": ("app/llm/ollama.py", 'def _never(self):\n    raise ModelUnavailable("never")\nOllama.available = _never\n', "serves again"),
}  # fmt: skip


@dataclass(frozen=True)
class Releases:
    """Builds releases that differ from the checkout, and brings them to the host."""

    host: Host
    folder: Path

    def wheel(self, name: str, path: str = "app/__main__.py", appended: str = "") -> str:
        source = self.folder / name
        source.mkdir()
        for part in PARTS:
            copy: Callable[..., Any] = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, source / part)
        with (source / path).open("a", encoding="utf-8") as file:
            file.write(appended or f"# {name}\n")
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(source / "dist")]
        subprocess.run([*command, str(source)], check=True, capture_output=True)
        (wheel,) = (source / "dist").glob("*.whl")
        return str(wheel)

    def update(self, wheel: str) -> Play:
        return self.host.play(UPDATE, app_wheel=wheel, **FAST)

    def serving(self) -> str:
        return self.host.sh("basename $(readlink /proc/$(systemctl show -P MainPID sales-machine)/cwd)")

    def turns(self) -> int:
        return int(self.host.read("python3", "-c", _COUNT))


@pytest.fixture(scope="module")
def releases(provisioned: Host, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    play = provisioned.play("site.yml", "--tags", "ollama,app", **FAST)
    assert play.status == 0, play.output
    return Releases(provisioned, tmp_path_factory.mktemp("releases"))


def unnoticed(report: Report, play: Play) -> None:
    assert play.status == 0, play.output
    assert report.clean, report
    assert report.requests > report.action_s * 0.9  # the load never paused


def test_customers_notice_no_update_and_no_rollback(releases: Releases) -> None:
    first = releases.serving()
    second = releases.wheel("second")
    unnoticed(*under_load(releases.host, lambda: releases.update(second)))
    between = releases.serving()
    assert between != first
    assert releases.update(releases.wheel("third")).status == 0
    before = releases.turns()
    unnoticed(*under_load(releases.host, lambda: releases.host.play(ROLLBACK)))
    assert releases.serving() == between
    play = releases.host.play(ROLLBACK)
    assert play.status == 0, play.output
    assert releases.serving() == first  # a second time goes one further, not forth again
    assert releases.turns() > before


def test_the_same_release_again_changes_nothing(releases: Releases) -> None:
    again = releases.wheel("again")
    assert releases.update(again).status == 0
    play = releases.update(again)
    assert play.status == 0, play.output
    assert play.changed == []


def test_a_dry_run_changes_nothing(releases: Releases) -> None:
    wheel, before = releases.wheel("dry"), releases.host.snapshot()
    play = releases.host.play(UPDATE, "--check", "--diff", app_wheel=wheel, **FAST)
    assert play.status == 0, play.output
    play = releases.host.play(ROLLBACK, "--check")
    assert play.status == 0, play.output
    assert releases.host.snapshot() == before


@pytest.mark.parametrize("what", BROKEN)
def test_what_does_not_hold_gives_way_with_the_reason(releases: Releases, what: str) -> None:
    path, appended, reason = BROKEN[what]
    before, turns = releases.serving(), releases.turns()
    play = releases.update(releases.wheel(f"broken {what}", path, appended))
    assert play.status != 0
    assert reason in play.one_line, play.output[-3000:]
    assert releases.serving() == before
    assert releases.host.read("readlink", "/opt/sales-machine/current") == f"releases/{before}"
    assert releases.turns() >= turns
    doctor = releases.host.read("curl", "-sS", "http://127.0.0.1:8000/ready")
    assert '"level":"error"' not in doctor
