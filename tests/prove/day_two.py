"""What callers notice of the work of day two: 60 messages a minute through nginx and TLS while it is done.

    python -m tests.prove.day_two [NUMBER]
    python -m tests.prove.day_two HOST NUMBER PLAYBOOK [ansible-playbook's arguments]

The first sets a test host up and does all of it, a line each: knowledge published and taken back, the key rotated in both
steps, nginx reloaded, the certificate renewed, a backup made and restored beside, an update, a rollback. The second plays
one playbook against a test host that serves, and prints JSON. Every answer is then looked up in the machine's memory.
Exit status 0: no message failed, was lost, double or late, and the work was done; 1: otherwise.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.host.callers import Caller
from tests.host.hosts import ROOT, Host, Play
from tests.prove.load import Load, Report, Sent, under_load
from tests.prove.machine import machine
from tests.prove.releases import FAST, serving, wheel

__all__ = ["ACTIONS", "Report", "act", "under_load"]

BACKUPS = "/var/backups/sales-machine"
RENEW = "certbot renew --force-renewal --no-random-sleep-on-renew --quiet"
_MACHINE = "/opt/sales-machine/current/venv/bin/machine"
_SCRATCH = "/root/restored"
_SECTION = """category: day_two
sections:
  - id: day_two_{stamp}
    title: Доставка документов курьером
    text: Бумажные документы привозит курьер, номер отправления {stamp} виден в кабинете.
    questions: [Как привезут документы?, Документы привозит курьер?, Где номер отправления документов?]
"""
_HELD = f"""
import json, sqlite3
db = sqlite3.connect("{_SCRATCH}/conversations.db")
print(json.dumps([list(row) for row in db.execute("SELECT user_id, request_id, answer FROM turns WHERE session_id='LOAD'")]))
"""


def publish(host: Host, load: Load, folder: Path) -> str:
    """A new version of the knowledge through the playbook, and back to the one before."""
    before = host.read("readlink", "/var/lib/sales-machine/kb")
    source = folder / "kb"
    shutil.copytree(ROOT / "kb", source)
    (source / "day_two.yaml").write_text(_SECTION.format(stamp=time.time_ns() % 10**9), "utf-8")
    _well(host.play("playbooks/publish_knowledge.yml", publish_knowledge_src=str(source)))
    published = host.read("readlink", "/var/lib/sales-machine/kb")
    assert published != before
    host.exec(_MACHINE, "kb", "rollback", "--to=/var/lib/sales-machine/kb")
    assert host.read("readlink", "/var/lib/sales-machine/kb") == before
    return f"{published.split('/')[-1]} published, then {before.split('/')[-1]} again"


def rotate(host: Host, load: Load, folder: Path) -> str:
    """A second key, the callers go over to it, the first one is ended."""
    old = load.key
    _well(host.play("playbooks/rotate_key.yml"))
    new = Caller(host).host.sh("grep -v '^#' /etc/sales-machine/api_keys").split()[-1]
    assert new != old
    load.key = new
    time.sleep(2)  # what was sent with the old one is answered
    _well(host.play("playbooks/rotate_key.yml", rotate_key_step="retire"))
    dead = Caller(host).ask("POST", "/api/v1/process", {}, key=old)
    assert dead.is_error(401, "UNAUTHORIZED"), dead
    return "the old key is dead"


def reload(host: Host, load: Load, folder: Path) -> str:
    """nginx takes its configuration up again, ten times."""
    for _ in range(10):
        host.exec("systemctl", "reload", "nginx")
        time.sleep(1)
    return "10 times"


def renew(host: Host, load: Load, folder: Path) -> str:
    """A new certificate from the authority, taken up by nginx."""
    before = _serial(load.caller)
    host.sh(RENEW)
    for _ in range(50):
        if _serial(load.caller) != before:
            return "another certificate is shown"
        time.sleep(0.1)
    raise AssertionError("nginx shows the former certificate")


def back_up(host: Host, load: Load, folder: Path) -> str:
    """A backup, restored beside the memory: every answer from before it is in there, as it was said."""
    time.sleep(10)  # some answers, that is
    before = [each for each in list(load.sent) if each.status == 200]
    _well(host.play("playbooks/backup.yml"))
    newest = host.sh(f"ls -d {BACKUPS}/*Z | tail -1")
    host.sh(f"rm -rf {_SCRATCH} && {_MACHINE} restore --data {_SCRATCH} {newest}")
    held = json.loads(host.read("python3", "-c", _HELD))
    host.sh(f"rm -rf {_SCRATCH}")
    missing = _missing(before, held)
    assert not missing, f"{len(missing)} answers from before the backup are not in it: {missing[:3]}"
    return f"{len(before)} answers from before it, {len(held)} in it"


def update(host: Host, load: Load, folder: Path) -> str:
    before = serving(host)
    _well(host.play("playbooks/update.yml", **FAST, app_wheel=wheel(folder, "update")))
    assert serving(host) != before
    return f"{before} -> {serving(host)}"


def roll_back(host: Host, load: Load, folder: Path) -> str:
    before = serving(host)
    _well(host.play("playbooks/rollback.yml"))
    assert serving(host) != before
    return f"{before} -> {serving(host)}"


# Name -> what is done while customers write; returns what to say of it, raises AssertionError when it was not done.
ACTIONS: dict[str, Callable[[Host, Load, Path], str]] = {
    "knowledge": publish,
    "key rotation": rotate,
    "nginx reload": reload,
    "certificate": renew,
    "backup": back_up,
    "update": update,
    "rollback": roll_back,
}


def act(host: Host, name: str) -> tuple[Report, str]:
    """One action under load. Raises AssertionError when it was not done."""
    load = Load(host)
    with tempfile.TemporaryDirectory() as folder:
        return under_load(host, lambda: ACTIONS[name](host, load, Path(folder)), load=load)


def _missing(delivered: list[Sent], held: list[list[str]]) -> list[tuple[str, str]]:
    answers = {(user, request_id): answer for user, request_id, answer in held}
    return [each.message for each in delivered if answers.get(each.message) != each.answer]


def _serial(caller: Caller) -> str:
    with caller.connect() as secured:
        shown: Any = secured.getpeercert()
    return str(shown["serialNumber"])


def _well(play: Play) -> None:
    assert play.status == 0, play.output[-3000:]


def _all(number: int) -> bool:
    print(f"{'':<14}{'s':>6} {'sent':>5} {'failed':>6} {'lost':>5} {'double':>6} {'late':>5} {'slowest':>8}")
    well = True
    with machine(f"prove{number}", number) as host:
        for name in ACTIONS:
            try:
                report, said = act(host, name)
            except AssertionError as error:
                well, said = False, f"not done: {error}"
                print(f"{name:<14} {said}", flush=True)
                continue
            well &= report.clean
            figures = f"{sum(report.failed.values()):>6} {report.lost:>5} {report.double:>6} {report.late:>5}"
            line = f"{name:<14}{report.action_s:>6} {report.requests:>5} {figures} {report.slowest_s:>6} s"
            print(f"{line}  {said}{'' if report.clean else f'  {report.failed}'}", flush=True)
    return well


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(0 if _all(int(sys.argv[1]) if len(sys.argv) > 1 else 40) else 1)
    if len(sys.argv) < 4:
        sys.exit(str(__doc__))
    name, number, playbook, *arguments = sys.argv[1:]
    host = Host(name, int(number))
    report, play = under_load(host, lambda: host.play(playbook, *arguments))
    print(json.dumps({"playbook": Path(playbook).name, "status": play.status, **asdict(report)}, ensure_ascii=False))
    if play.status:
        sys.stderr.write(play.output[-3000:])
    sys.exit(0 if report.clean and play.status == 0 else 1)


if __name__ == "__main__":
    main()
