"""What a server's disks say of themselves, as a unit of root has written it down: the doctor may not ask them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.health.readiness import PartState

_REPORT: Final = "var/lib/sales-machine-disks/report.json"
_OLD_S: Final = 86_400
_WORN: Final = 0.9
_FIX: Final = (
    "smartctl -a {disk}: have it replaced while its mirror is whole (docs/runbooks/DiskFails.md); make a backup first"
)


@dataclass(frozen=True, slots=True)
class DiskHealth:
    """As the report has it: `wear` and `spare` are shares, None where the disk says nothing."""

    disk: str
    model: str
    serial: str
    healthy: bool | None
    complaints: tuple[str, ...]
    hot: bool
    wear: float | None
    spare: float | None
    spare_least: float | None
    lost: int | None
    celsius: float | None
    problem: str


@dataclass(frozen=True, slots=True)
class DisksReport:
    """`at`: when they were asked, in Unix seconds."""

    at: float
    disks: tuple[DiskHealth, ...]


def disks_report(root: Path = Path("/")) -> DisksReport | None:
    """None where nobody asks the disks. Raises ValueError on a file that is no report."""
    file = root / _REPORT
    if not file.exists():
        return None
    try:
        tree: dict[str, Any] = json.loads(file.read_text("utf-8"))
        fields = DiskHealth.__slots__
        told = [{name: each[name] for name in fields} for each in tree["disks"]]
        disks = tuple(DiskHealth(**(each | {"complaints": tuple(each["complaints"])})) for each in told)
        return DisksReport(float(tree["at"]), disks)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is no report of the disks: {type(error).__name__} {error}") from error


def disks_part(report: DisksReport, now: float, *, name: str = "disks") -> PartState:
    """An error where a disk calls itself failing, a warning where one wears out, lost data, is hot or is not heard."""
    if now - report.at > _OLD_S:
        hours = (now - report.at) / 3600
        fix = "systemctl status sales-machine-disks.timer; journalctl -u sales-machine-disks -n 20"
        return PartState(name, "warning", f"last asked {hours:.0f} hours ago: how they are nobody knows", fix)
    shown = "; ".join(map(_shown, report.disks)) or "none that says how it is"
    failing = [each for each in report.disks if each.healthy is False]
    if failing:
        why = "; ".join(f"{each.disk} ({', '.join(each.complaints) or 'its own verdict'})" for each in failing)
        fix = _FIX.format(disk=failing[0].disk)
        return PartState(name, "error", f"about to fail: {why}. {shown}", fix)
    if troubled := {each.disk: trouble for each in report.disks if (trouble := _trouble(each))}:
        why = "; ".join(f"{disk} {trouble}" for disk, trouble in troubled.items())
        return PartState(name, "warning", f"{why}. {shown}", _FIX.format(disk=next(iter(troubled))))
    return PartState(name, "ok", shown)


def _trouble(disk: DiskHealth) -> str:
    if disk.problem:
        return f"cannot be asked: {disk.problem}"
    found = []
    if disk.wear is not None and disk.wear >= _WORN:
        found.append(f"has used {disk.wear:.0%} of its life")
    if disk.spare is not None and disk.spare_least is not None and disk.spare <= disk.spare_least + 0.1:
        found.append(f"has {disk.spare:.0%} of its spare blocks left, {disk.spare_least:.0%} is its own limit")
    if disk.lost:
        found.append(f"cannot read {disk.lost} sectors")
    if disk.hot:
        found.append("is too hot by its own limit")
    return ", ".join(found)


def _shown(disk: DiskHealth) -> str:
    parts = [f"{disk.wear:.0%} worn" if disk.wear is not None else ""]
    parts.append(f"{disk.celsius:g} °C" if disk.celsius is not None else "")
    told = ", ".join(filter(None, parts)) or "no figures"
    return f"{disk.disk} {disk.model} {disk.serial}: {told}".replace("  ", " ")
