#!/usr/bin/env python3
"""A new kernel is tried once; unless somebody approves of it, the former one boots again.

    boot look              says as JSON what runs, which kernel is the newest, and whether GRUB can try one for one boot
    boot pin               the kernel that runs boots from now on, whatever newer ones are there, and a panic restarts
    boot once KERNEL S     the next boot takes KERNEL; without `boot reached` within S seconds of it the server restarts
    boot watch             after each boot: ends the try that this boot was, and waits for `boot reached`
    boot reached           whoever updates has come: no restart by itself any more; says which kernel runs
    boot free              the newest kernel boots again

A kernel's entry is named by GRUB's own identifier, since numbers move with each kernel that comes. Standard library
alone.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

DEFAULTS = "etc/default/grub.d/zz-sales-machine.cfg"
MENU = "boot/grub/grub.cfg"
TRIAL = "var/lib/sales-machine-system/trial.json"
PINNED = """# Written by Ansible for a system update: the kernel that works boots until a newer one is proven.
GRUB_DEFAULT=saved
GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX panic=60"
"""
_LINE = re.compile(
    r"""^\s*(?P<kind>submenu|menuentry)\s.*\$menuentry_id_option\s+(?P<quote>['"])(?P<id>.+?)(?P=quote)\s*\{"""
)
_KERNEL = re.compile(r"gnulinux-(?P<kernel>\d.*)-advanced-.+")


class Refused(Exception):
    """What cannot be done, and what to do."""


@dataclass(frozen=True)
class Loader:
    """`kernels`: those that have an entry. `once`: whether GRUB itself can note that it has tried, else `why` not."""

    running: str
    newest: str
    pinned: bool
    once: bool
    why: str
    kernels: tuple[str, ...]


def main(arguments: list[str], root: Path = Path("/")) -> int:
    """Exit status 0: done; 1: refused, with the reason; 2: wrong call."""
    try:
        match arguments:
            case ["look"]:
                print(json.dumps(asdict(look(root))))
            case ["pin"]:
                pin(root)
            case ["once", kernel, seconds]:
                once(root, kernel, int(seconds))
            case ["watch"]:
                watch(root)
            case ["reached"]:
                (root / TRIAL).unlink(missing_ok=True)
                print(running())
            case ["free"]:
                free(root)
            case _:
                sys.stderr.write(f"{__doc__}\n")
                return 2
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{' '.join(error.cmd)} ended with {error.returncode}: {(error.stderr or '').strip()}\n")
        return 1
    return 0


def look(root: Path) -> Loader:
    now = running()
    newest = max(kernels(root), key=in_order, default=now)
    if not (root / MENU).exists() or not shutil.which("grub-reboot"):
        why = f"/{MENU} or grub-reboot is missing: another boot loader, or none"
        return Loader(now, newest, False, False, why, ())
    entries = menu((root / MENU).read_text("utf-8", "replace"))
    # GRUB reads software RAID and LVM and writes to neither: what grub-reboot notes there stays until Linux removes it.
    layers = said("grub-probe", "--target=abstraction", str(root / MENU)).split()
    stuck = sorted({"diskfilter", "lvm"}.intersection(layers))
    why = f"/boot lies on {' and '.join(stuck)}, which GRUB reads and cannot write to" if stuck else ""
    return Loader(now, newest, (root / DEFAULTS).exists(), not stuck, why, tuple(entries))


def menu(text: str) -> dict[str, str]:
    """The entry of each kernel, as grub-reboot takes it, from a grub.cfg."""
    found: dict[str, str] = {}
    inside = ""
    for line in text.splitlines():
        if line.startswith("}"):
            inside = ""
        if entry := _LINE.match(line):
            if entry["kind"] == "submenu":
                inside = f"{entry['id']}>"
            elif kernel := _KERNEL.fullmatch(entry["id"]):
                found.setdefault(kernel["kernel"], inside + entry["id"])
    return found


def entry_of(root: Path, kernel: str) -> str:
    entries = menu((root / MENU).read_text("utf-8", "replace"))
    if kernel not in entries:
        known = ", ".join(entries) or "none"
        raise Refused(f"/{MENU} has no entry of kernel {kernel}, only: {known}. Fix: update-grub, then run this again.")
    return entries[kernel]


def pin(root: Path) -> None:
    """The entry is saved before it is asked for: a power that fails in between changes nothing."""
    said("grub-set-default", entry_of(root, running()))
    file = root / DEFAULTS
    if not file.exists() or file.read_text("utf-8") != PINNED:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PINNED, "utf-8")
    said("update-grub")


def once(root: Path, kernel: str, seconds: int) -> None:
    if not (root / DEFAULTS).exists():
        raise Refused("no kernel is pinned, so there would be no way back. Fix: boot pin, then run this again.")
    entry = entry_of(root, kernel)
    trial = root / TRIAL
    trial.parent.mkdir(parents=True, exist_ok=True)
    trial.write_text(json.dumps({"kernel": kernel, "seconds": seconds}), "utf-8")
    said("grub-reboot", entry)


def watch(root: Path) -> None:
    """After a boot. The try ends with it, whatever comes of it, also where GRUB could not note that."""
    trial = root / TRIAL
    if not trial.exists():
        return
    said("grub-editenv", "-", "unset", "next_entry")
    note = json.loads(trial.read_text("utf-8"))
    if running() != note["kernel"]:
        trial.unlink()
        print(f"kernel {note['kernel']} did not come up; {running()} runs again")
        return
    until = time.monotonic() + note["seconds"]
    while time.monotonic() < until:
        if not trial.exists():
            return
        time.sleep(2)
    trial.unlink()
    print(f"nobody reached this server under kernel {note['kernel']}: it restarts with the former one")
    said("systemctl", "reboot")


def free(root: Path) -> None:
    if not (root / DEFAULTS).exists():
        return
    (root / DEFAULTS).unlink()
    said("update-grub")
    said("grub-editenv", "-", "unset", "saved_entry")


def running() -> str:
    return said("uname", "-r").strip()


def kernels(root: Path) -> list[str]:
    return [path.name.removeprefix("vmlinuz-") for path in (root / "boot").glob("vmlinuz-*")]


def in_order(name: str) -> list[tuple[int, str]]:
    """As `sort -V`: 6.8.0-9 before 6.8.0-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"\d+|[^\d]+", name)]


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
