"""`python -m tests.prove.power [NUMBER]`: the power fails in the middle of an update, ten times at different points.

A server is set up on a disk whose power can be cut (tests/prove/disk.py), customers write to it, `update.yml` brings a
release with other settings and another unit, and at the chosen point everything stops: no process ends, nothing is
written back. After each cut: the server comes up by itself and answers through nginx, with one of the two releases and
all that belongs to it; every answer that was delivered before is in its memory; a second update does the work, unnoticed
by callers. A line per cut; exit status 1 when something of this did not hold.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.host.callers import Caller
from tests.host.hosts import CACHE, ROOT, Host
from tests.host.services import Services
from tests.prove.disk import Disk
from tests.prove.load import Load, first_answer, under_load
from tests.prove.releases import FAST, serving, wheel

UPDATE = "playbooks/update.yml"
_BACK_S = 120.0  # a server's own start included
# In the host Python reads this at every start. It lets the release tool stand still before one system call.
_HOOK = "/etc/python3.11/sitecustomize.py"
_REACHED = "var/tmp/reached"
_STANDS = """
import sys
if sys.orig_argv[2:4] == ["/usr/local/lib/sales-machine/release", "use"]:
    import time
    def stand(event, args):
        if event == {event!r} and {needle!r} in str(args):
            open("/{reached}", "w").close()
            time.sleep(3600)
    sys.addaudithook(stand)
"""
_STATE = """
cd /etc/sales-machine; readlink /opt/sales-machine/current
sha256sum < settings.yaml; sha256sum < /etc/systemd/system/sales-machine.service
"""
_LEFT = """
ls -d /etc/sales-machine/switch.json /etc/sales-machine/.* /opt/sales-machine/.c* /var/lib/sales-machine/kb-versions/.partial-* 2>/dev/null |
grep -v '/\\.\\.\\?$'
for each in /opt/sales-machine/releases/*; do [ -s $each/RELEASE.json ] || echo $each; done
"""


@dataclass(frozen=True)
class Point:
    """Where the power fails: after a fraction of the update's time, or before a system call of the release tool.

    `event` and `needle` are Python's audit event and what its arguments hold.
    """

    name: str
    fraction: float = 0.0
    event: str = ""
    needle: str = ""


# A path's closing quote: the new name of a rename, not the temporary one.
POINTS = (
    *(Point(f"after {percent} % of the update", percent / 100) for percent in (20, 45, 70, 95)),
    Point("intent written, nothing changed", event="os.rename", needle="/system/sales-machine.service'"),
    Point("new unit, former settings", event="os.rename", needle="/etc/sales-machine/settings.yaml'"),
    Point("new settings, former release", event="os.rename", needle="/opt/sales-machine/current'"),
    Point("all new, not started", event="subprocess.Popen", needle="'restart'"),
    Point("started, not proven", event="urllib.Request", needle="/health"),
    Point("proven, the intent not taken back", event="os.remove", needle="/etc/sales-machine/switch.json'"),
)


@dataclass(frozen=True)
class Cut:
    """What came of one. `wrong` says what did not hold, in words."""

    point: str
    delivered: int
    back_s: float
    serves: str
    undone: bool
    second_run_s: float
    refused_in_it: int
    wrong: list[str]


@dataclass
class Rig:
    """A serving machine on a disk whose power can be cut, and what it is to be updated to."""

    host: Host
    disk: Disk
    folder: Path
    updates: int = 0
    update_s: float = 0.0

    def next_release(self) -> dict[str, Any]:
        """Variables of an update that changes release, settings and unit."""
        self.updates += 1
        settings = FAST["app_settings"] | {"turn": {"max_waiting": 20 + self.updates}}
        return FAST | {
            "app_wheel": wheel(self.folder, f"update{self.updates}"),
            "app_settings": settings,
            "app_memory_max": f"{4096 + self.updates}M",
        }

    def measure(self) -> None:
        """How long an update takes that nothing disturbs."""
        variables = self.next_release()
        report, play = under_load(self.host, lambda: self.host.play(UPDATE, **variables))
        assert play.status == 0, play.output
        assert report.clean, report
        self.update_s = report.action_s

    def state(self) -> str:
        return self.host.sh(_STATE)

    def cut_at(self, point: Point) -> Cut:
        """One cut and everything that has to hold after it."""
        wrong: list[str] = []
        variables, before = self.next_release(), self.state()
        self._stand_at(point)
        nspawn = int((self.disk.folder / "hosts" / self.host.name / "pid").read_text())
        with Load(self.host) as load:
            self._play_until(point, variables)
            self.disk.cut()
            load.cut()
        _fall(nspawn)
        self.disk.mend()
        on = time.monotonic()
        self.host.tool("reset", self.host.name)
        try:
            first_answer(Caller(self.host), _BACK_S)
        except AssertionError as error:
            wrong.append(str(error))
        back_s = time.monotonic() - on
        after, serves = self.state(), serving(self.host)
        if serves != after.split()[0].removeprefix("releases/"):
            wrong.append(f"{serves} runs, {after.split()[0]} is linked")
        undone = "a switch was cut off" in self.host.sh("journalctl --boot --unit sales-machine-recover --no-pager")
        if failed := self.host.read("systemctl", "--failed", "--plain", "--no-legend"):
            wrong.append(f"failed: {failed}")
        report = load.report()
        if not report.whole:
            wrong.append(f"before the cut: {report}")
        self.host.sh(f"rm -f {_HOOK}")
        again, play = under_load(self.host, lambda: self.host.play(UPDATE, **variables))
        if play.status:
            wrong.append(f"second update: {play.one_line[-600:]}")
        if not again.clean:
            wrong.append(f"second update: {again}")
        if after not in (before, self.state()):
            wrong.append(f"parts of two states: {after!r}")
        if left := self.host.sh(_LEFT, check=False):
            wrong.append(f"left: {left}")
        old = "former" if after == before else "new"
        refused = sum(again.failed.values())
        return Cut(point.name, report.answered, round(back_s, 1), old, undone, again.action_s, refused, wrong)

    def _stand_at(self, point: Point) -> None:
        self.host.sh(f"rm -f /{_REACHED}")
        if point.event:
            hook = _STANDS.format(event=point.event, needle=point.needle, reached=_REACHED)
            self.host.exec("python3", "-c", f"open({_HOOK!r}, 'w').write({hook!r})")
        self.host.sh("sync")

    def _play_until(self, point: Point, variables: dict[str, Any]) -> None:
        """Starts the update and returns at the point; the operator's own process ends there too."""
        reached = self.disk.folder / "hosts" / self.host.name / "upper" / _REACHED
        started = time.monotonic()
        with _playing(self.host, variables) as process:
            end = started + (self.update_s * point.fraction if point.fraction else 900)
            while time.monotonic() < end and not reached.exists():
                if process.poll() is not None and not point.fraction:
                    break
                time.sleep(0.02)
            assert point.fraction or reached.exists(), f"the update never came to: {point.name}"


def _fall(nspawn: int) -> None:
    """Ends every process of the host at once; there is no power."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(nspawn, signal.SIGKILL)
    while Path("/proc", str(nspawn)).exists():
        time.sleep(0.1)
    _fresh_connections()


@contextlib.contextmanager
def _playing(host: Host, variables: dict[str, Any]) -> Iterator["subprocess.Popen[bytes]"]:
    """update.yml in a process group of its own, which is killed at the end."""
    tool = str(Path(sys.executable).with_name("ansible-playbook"))
    process = subprocess.Popen(
        [tool, "-i", "inventory/testhost", UPDATE, "-e", json.dumps(variables)],
        cwd=ROOT,
        env=os.environ | {"TESTHOST_NUMBER": str(host.number), "PATH": f"{Path(tool).parent}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _fresh_connections() -> None:
    """Ansible keeps a connection to a server for the next run; one to a server without power would make that wait."""
    os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = tempfile.mkdtemp(prefix="ssh.", dir="/tmp")


@contextlib.contextmanager
def rig(name: str, number: int, *layers: str) -> Iterator[Rig]:
    """Sets a server up, as site.yml does, and updates it once. `layers` of testhost save time."""
    disk = Disk(CACHE / f"power.{number}.img", CACHE / f"power.{number}")
    before = os.environ.copy()
    with tempfile.TemporaryDirectory() as folder:
        disk.make()
        os.environ["TESTHOST_STATE"] = str(disk.folder / "hosts")
        _fresh_connections()
        host = Host(name, number)
        try:
            host.start(*layers)
            with Services(host):
                play = host.play("site.yml", **FAST)
                assert play.status == 0, play.output
                machine = Rig(host, disk, Path(folder))
                machine.measure()
                yield machine
        finally:
            host.stop()
            disk.remove()
            os.environ.clear()
            os.environ.update(before)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    bad = 0
    with rig(f"power{number}", number) as machine:
        print(f"an update that nothing disturbs: {machine.update_s} s", flush=True)
        for point in POINTS:
            cut = machine.cut_at(point)
            bad += bool(cut.wrong)
            print(
                f"{point.name:<36} {cut.delivered:>3} delivered, answers again after {cut.back_s:>5} s with the"
                f" {cut.serves} release{' (switch undone)' if cut.undone else ''}; second update {cut.second_run_s} s,"
                f" {cut.refused_in_it} refused; {'; '.join(cut.wrong) or 'ok'}",
                flush=True,
            )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
