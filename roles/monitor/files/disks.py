#!/usr/bin/env python3
"""Asks each disk how it is, through smartctl, and writes what it says as figures and for `machine doctor`.

    disks REPORT [METRICS]

REPORT is a file of JSON for the doctor; METRICS one in node_exporter's folder of text files. DISKS_SMARTCTL names the
command.
A server whose disks say nothing (virtual ones) gets a report without disks. Standard library alone.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

LIMIT_S = 60
# Attributes of ATA whose normalised value is the percentage of life that is left.
LIFE_LEFT = {"Wear_Leveling_Count", "SSD_Life_Left", "Media_Wearout_Indicator", "Percent_Lifetime_Remain"}
# Current_Pending_Sector and Offline_Uncorrectable: data that cannot be read. Sectors that were replaced are in order.
LOST = {197, 198}
REPLACED = 5
# Bits of NVMe's critical_warning. 2, its temperature, is heat and no fault of the disk.
WARNINGS = {
    1: "spare blocks run out",
    4: "it is not reliable any more",
    8: "it takes no more writes",
    16: "its cache is not backed up",
}
TOO_HOT = 2
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


@dataclass(frozen=True)
class Disk:
    """What a disk says of itself; None where it says nothing. `wear` and `spare` are shares, `errors` grow for ever,
    `lost` counts sectors that cannot be read; `complaints`: why it calls itself failing; `problem`: why it could not
    be asked."""

    disk: str
    model: str = ""
    serial: str = ""
    healthy: bool | None = None
    complaints: tuple[str, ...] = ()
    hot: bool = False
    wear: float | None = None
    spare: float | None = None
    spare_least: float | None = None
    errors: int | None = None
    lost: int | None = None
    celsius: float | None = None
    problem: str = ""


FIGURES = {
    "wear": ("wear_ratio", "gauge", "Share of the life that its maker gives it which is used up; can pass 1."),
    "spare": ("spare_ratio", "gauge", "Share of its spare blocks that is left."),
    "spare_least": ("spare_least_ratio", "gauge", "Share of spare blocks below which it calls itself failing."),
    "errors": (
        "errors_total",
        "counter",
        "Data that it could not give back, or sectors that it replaced, in all its life.",
    ),
    "lost": ("lost_sectors", "gauge", "Sectors that it cannot read at present."),
    "celsius": ("temperature_celsius", "gauge", "Its temperature."),
}


def main(arguments: list[str]) -> int:
    """Exit status 0: every disk was asked; 1: smartctl itself cannot be run; 2: wrong call."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    smartctl = shlex.split(os.environ.get("DISKS_SMARTCTL", "smartctl"))
    try:
        found = [read(said(smartctl, device), device["name"]) for device in devices(smartctl)]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"{shlex.join(smartctl)} cannot be asked: {error}. Fix: apt-get install smartmontools\n")
        return 1
    now = time.time()
    write(Path(arguments[0]), json.dumps({"at": now, "disks": [asdict(each) for each in found]}, ensure_ascii=False))
    if len(arguments) == 2 and Path(arguments[1]).parent.is_dir():
        write(Path(arguments[1]), exposition(found, now))
    return 0


def devices(smartctl: list[str]) -> list[dict[str, str]]:
    scan = ask([*smartctl, "--json=c", "--scan-open"])
    return [{"name": str(each["name"]), "type": str(each["type"])} for each in scan.get("devices", [])]


def said(smartctl: list[str], device: dict[str, str]) -> dict[str, Any]:
    """A disk that sleeps is left asleep; one that cannot be asked says so in its messages."""
    words = ["--json=c", "--info", "--health", "--attributes", "--nocheck=standby", f"--device={device['type']}"]
    try:
        return ask([*smartctl, *words, device["name"]])
    except subprocess.TimeoutExpired:
        return {"smartctl": {"exit_status": 2, "messages": [{"string": f"no answer within {LIMIT_S} s"}]}}


def ask(command: list[str]) -> dict[str, Any]:
    """smartctl's exit status is a set of bits that the JSON holds too."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    tree = json.loads(done.stdout)
    if not isinstance(tree, dict):
        raise ValueError(f"{shlex.join(command)} wrote no object")
    return tree


def read(tree: dict[str, Any], name: str) -> Disk:
    about = Disk(name, str(tree.get("model_name", "")), str(tree.get("serial_number", "")))
    if "smart_status" not in tree:
        messages = [str(each["string"]) for each in tree.get("smartctl", {}).get("messages", [])]
        return replace(about, problem="; ".join(messages) or "it says nothing of its health")
    celsius = tree.get("temperature", {}).get("current")
    passed = bool(tree["smart_status"].get("passed"))
    log = tree.get("nvme_smart_health_information_log")
    if log is not None:
        warned = int(log.get("critical_warning", 0))
        complaints = tuple(text for bit, text in WARNINGS.items() if warned & bit)
        return replace(
            about,
            # smartctl fails a disk for its heat too; heat alone is told apart.
            healthy=not complaints and (passed or warned == TOO_HOT),
            complaints=complaints,
            hot=bool(warned & TOO_HOT),
            wear=share(log.get("percentage_used")),
            spare=share(log.get("available_spare")),
            spare_least=share(log.get("available_spare_threshold")),
            errors=log.get("media_errors"),
            celsius=celsius,
        )
    table = tree.get("ata_smart_attributes", {}).get("table", [])
    complaints = tuple(f"{each['name']} is below its limit" for each in table if each.get("when_failed") == "now")
    left = [each["value"] for each in table if each.get("name") in LIFE_LEFT]
    used = tree.get("endurance_used", {}).get("current_percent", 100 - min(left) if left else None)
    lost = [int(each["raw"]["value"]) for each in table if each.get("id") in LOST]
    replaced = [int(each["raw"]["value"]) for each in table if each.get("id") == REPLACED]
    return replace(
        about,
        healthy=passed and not complaints,
        complaints=complaints,
        wear=share(used),
        errors=sum(replaced) if replaced else None,
        lost=sum(lost) if lost else None,
        celsius=celsius,
    )


def share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def exposition(found: list[Disk], now: float) -> str:
    """Prometheus' text format."""
    prefix = "sales_machine_disk"
    named = [(labels(each), each) for each in found]
    lines = [f"# HELP {prefix}_healthy 1 while the disk calls itself healthy.", f"# TYPE {prefix}_healthy gauge"]
    lines += [f"{prefix}_healthy{{{name}}} {int(each.healthy)}" for name, each in named if each.healthy is not None]
    for field, (name, kind, text) in FIGURES.items():
        lines += [f"# HELP {prefix}_{name} {text}", f"# TYPE {prefix}_{name} {kind}"]
        values = [(label, getattr(each, field)) for label, each in named]
        lines += [f"{prefix}_{name}{{{label}}} {value:g}" for label, value in values if value is not None]
    lines += [
        f"# HELP {prefix}s_unread Disks that are there and could not be asked.",
        f"# TYPE {prefix}s_unread gauge",
        f"{prefix}s_unread {sum(bool(each.problem) for each in found)}",
        f"# HELP {prefix}s_run_timestamp_seconds When the disks were last asked.",
        f"# TYPE {prefix}s_run_timestamp_seconds gauge",
        f"{prefix}s_run_timestamp_seconds {now:.0f}",
    ]
    return "\n".join(lines) + "\n"


def labels(disk: Disk) -> str:
    pairs = {"disk": disk.disk, "model": disk.model, "serial": disk.serial}
    return ",".join(f'{key}="{value.translate(_ESCAPES)}"' for key, value in pairs.items())


def write(path: Path, text: str) -> None:
    """Replaces a file at once, so that no reader sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
