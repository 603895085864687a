"""update.yml and rollback.yml on a serving machine: customers notice nothing, and what does not hold gives way."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.host.hosts import Host, Play
from tests.prove.load import Report, under_load
from tests.prove.releases import FAST, serving, wheel

UPDATE, ROLLBACK = "playbooks/update.yml", "playbooks/rollback.yml"
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
        return wheel(self.folder, name, path, appended)

    def update(self, built: str) -> Play:
        return self.host.play(UPDATE, app_wheel=built, **FAST)

    def serving(self) -> str:
        return serving(self.host)

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
    dry, before = releases.wheel("dry"), releases.host.snapshot()
    play = releases.host.play(UPDATE, "--check", "--diff", app_wheel=dry, **FAST)
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


def test_old_knowledge_is_removed_but_not_what_a_rollback_of_it_wants(releases: Releases, tmp_path: Path) -> None:
    host, versions = releases.host, "/var/lib/sales-machine/kb-versions"
    first = host.read("readlink", "/var/lib/sales-machine/kb")
    publish = (
        "sudo /opt/sales-machine/current/venv/bin/machine kb publish /root/kb --to=/var/lib/sales-machine/kb --force"
    )
    host.sh(f"rm -rf /root/kb && cp -rL /var/lib/sales-machine/kb /root/kb && cp -r /root/kb {versions}/0123456789ab")
    host.sh(f"touch -d 2020-01-01 {versions}/0123456789ab {versions}/{first.split('/')[-1]}")
    for number in range(2):
        host.sh(f"sed -i '1s/$/ # {number}/' /root/kb/pricing.yaml && {publish}")
    assert host.read("readlink", "/var/lib/sales-machine/kb") != first
    assert host.read("sales-machine-release", "prune", "--keep", "1").splitlines()[-1] == "0123456789ab"
    for _ in range(2):
        host.sh(
            "/opt/sales-machine/current/venv/bin/machine kb rollback --to=/var/lib/sales-machine/kb; rm -rf /root/kb"
        )
    assert host.read("readlink", "/var/lib/sales-machine/kb") == first


def test_a_tool_that_was_killed_leaves_no_mixture_and_no_lock(releases: Releases) -> None:
    """The next command undoes what it had begun. The power's own cuts: test_day_two_power.py."""
    host, before = releases.host, releases.serving()
    settings = host.read("sha256sum", "/etc/sales-machine/settings.yaml")
    host.sh(
        "cp /etc/sales-machine/settings.yaml /root/other.yaml && echo '# another' >> /root/other.yaml;"
        f"sales-machine-release use {before} --no-gate --settings /root/other.yaml & tool=$!;"
        "until [ -e /etc/sales-machine/switch.json ]; do :; done; kill -9 $tool; wait $tool; true"
    )
    assert host.sh("ls /etc/sales-machine/switch.json")
    said = host.exec("sales-machine-release", "recover").stderr
    assert "a switch was cut off" in said
    assert host.read("sha256sum", "/etc/sales-machine/settings.yaml") == settings
    assert releases.serving() == before
    assert host.sh("ls /etc/sales-machine/switch.json", check=False) == ""
    assert host.exec("sales-machine-release", "recover").stderr == ""
