"""What a server asks of its owner in time: a driver with fixes, a disk of a mirror, a restart that is due."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.health.readiness import PartState
from app.packaged import parsed

_DUE_S: Final = 7 * 86_400
"""A restart may wait for a quiet hour of the week, and no longer."""
_ARRAY: Final = re.compile(r"^(md\w+) : (\w+)", re.MULTILINE)
_SLOTS: Final = re.compile(r"\[(\d+)/(\d+)\] \[[U_]+\]")
_WORK: Final = re.compile(r"(recovery|resync|reshape) = +([0-9.]+%)")


@dataclass(frozen=True, slots=True)
class Mirror:
    """An array of Linux' software RAID. `wanted` and `there` count its disks; `rebuilt` says how far, empty: nothing is
    rebuilt."""

    name: str
    active: bool
    wanted: int
    there: int
    rebuilt: str = ""


@dataclass(frozen=True, slots=True)
class UpkeepFacts:
    """What the host says.

    `newest` is the kernel that boots next, "" where nobody can say; `since`, in Unix seconds: when it, or whatever else
    asked for a restart, was installed.
    """

    mirrors: tuple[Mirror, ...] = ()
    running: str = ""
    newest: str = ""
    asked: bool = False
    since: float = 0.0


def upkeep_facts(root: Path = Path("/")) -> UpkeepFacts:
    """From the kernel's and the package manager's own files."""
    table = root / "proc/mdstat"
    kernels = sorted((root / "boot").glob("vmlinuz-*"), key=lambda each: _in_order(each.name))
    asked = root / "run/reboot-required"
    running = os.uname().release
    newest = kernels[-1].name.removeprefix("vmlinuz-") if kernels else ""
    times = [kernels[-1].stat().st_ctime] if kernels and newest != running else []
    times += [asked.stat().st_mtime] if asked.exists() else []
    found = tuple(mirrors(table.read_text("ascii", "replace"))) if table.exists() else ()
    return UpkeepFacts(found, running, newest, asked.exists(), min(times, default=0.0))


def _in_order(name: str) -> list[tuple[int, str]]:
    """As `sort -V`: 6.8.0-9 before 6.8.0-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"\d+|[^\d]+", name)]


def mirrors(table: str) -> Iterator[Mirror]:
    """The arrays of /proc/mdstat that have a copy of what they hold."""
    found = list(_ARRAY.finditer(table))
    ends = [*(each.start() for each in found[1:]), len(table)][: len(found)]
    for each, end in zip(found, ends, strict=True):
        told = table[each.start() : end]
        slots, work = _SLOTS.search(told), _WORK.search(told)
        if slots is None and each[2] == "active":
            continue  # striped or linear: there is no copy to lose
        wanted, there = (int(slots[1]), int(slots[2])) if slots else (0, 0)
        yield Mirror(each[1], each[2] == "active", wanted, there, f"{work[1]} {work[2]}" if work else "")


def raid_part(found: tuple[Mirror, ...], *, name: str = "raid") -> PartState:
    """An error where an array does not run, a warning where the next failed disk loses everything."""
    shown = ", ".join(f"{each.name} {each.there} of {each.wanted} disks" for each in found)
    fix = "cat /proc/mdstat; smartctl -a /dev/DISK names the serial number; have the disk replaced, then mdadm --add"
    if stopped := [each.name for each in found if not each.active]:
        return PartState(name, "error", f"{', '.join(stopped)} does not run; {shown}", fix)
    if short := [each for each in found if each.there < each.wanted]:
        works = [f"{each.name}: {each.rebuilt}" for each in short if each.rebuilt]
        rest = f"being rebuilt ({', '.join(works)})" if works else "and nothing is being rebuilt"
        return PartState(name, "warning", f"{shown}: one more failed disk loses everything, {rest}", fix)
    return PartState(name, "ok", shown)


def restart_part(facts: UpkeepFacts, now: float, *, name: str = "restart") -> PartState | None:
    """None while no restart is due. A warning once it is due for longer than a week."""
    if not facts.since:
        return None
    days = max(0, int((now - facts.since) // 86_400))
    what = f"kernel {facts.newest} is installed, {facts.running} runs" if facts.newest != facts.running else ""
    what = "; ".join(filter(None, [what, "an update asked for a restart" if facts.asked else ""]))
    detail = f"due since {days} days: {what}; until then the fixes that came with it are not in force"
    fix = "at a quiet hour (callers get no connection for a minute or two): playbooks/update_system.yml"
    return PartState(name, "warning" if now - facts.since > _DUE_S else "ok", detail, fix)


@cache
def _branches() -> Mapping[str, Mapping[str, str]]:
    tree: dict[str, Any] = parsed(Path(__file__).with_name("upkeep.yaml").read_text("utf-8"))
    branches: Mapping[str, Mapping[str, str]] = tree["driver_branches"]
    return branches


def driver_part(version: str, *, name: str = "driver") -> PartState | None:
    """What the driver's branch means for its owner; None for one that nothing is known of. Always ok: it is chosen."""
    branch = version.partition(".")[0]
    told = _branches().get(branch)
    if told is None:
        return None
    if "until" in told:
        return PartState(name, "ok", f"{version}; branch {branch} gets fixes until {told['until']}")
    detail = (
        f"{version}; branch {branch} gets no fixes since {told['ended']}: it works, and holes that become known in it "
        "stay open to whoever runs programs on this server; 580 gets fixes (docs/update-driver.md)"
    )
    return PartState(name, "ok", detail)
