"""Chooses the release that serves: tries it first, switches to it, and goes back when it does not serve.

    sales-machine-release list
    sales-machine-release use NAME [--settings FILE] [--knowledge VERSION] [--unit FILE]
    sales-machine-release back
    sales-machine-release rollback
    sales-machine-release prune --keep N
    sales-machine-release recover [--boot]

What serves is a release, its settings, its knowledge and its unit; `use` changes the ones named and `back` returns to
the state before the last `use`. `rollback` goes one release further back each time and leaves the knowledge as it is:
data is never touched. A switch that was cut off is undone by the next command, or at the boot by `recover`.
Exit status 0: it serves ("unchanged" when it did already); 1: it does not, and the former state serves again; 2: a
wrong argument. Needs root and nothing but the standard library.
"""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from gate import gate
from history import steps
from intent import alone, recover
from pruning import prune
from state import CODE, DATA, FORMER, Failed, State, target, text
from switch import switch


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sales-machine-release", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the releases here; * marks the one that serves, - the former one")
    commands.add_parser("prune", help="remove old releases").add_argument("--keep", type=int, default=3)
    undo = commands.add_parser("recover", help="undo a switch that was cut off")
    undo.add_argument("--boot", action="store_true", help="the service is not started yet")
    for name in ("use", "back", "rollback", "gate"):
        command = commands.add_parser(name)
        command.add_argument("--timeout", type=int, default=180, help="seconds until it must serve")
        command.add_argument("--message", default="Здравствуйте!", help="what the gate asks")
        # What served before may answer worse than what serves: that is no reason to keep it from serving again.
        command.set_defaults(compare=name == "use", questions=None)
        if name == "back":
            command.set_defaults(gate=False)  # it served before, and whoever goes back is in a hurry
        else:
            command.add_argument("--no-gate", dest="gate", action="store_false", help="switch without trying first")
        if name == "gate":
            command.add_argument("--questions", type=Path, help="prints the answers to these as JSON")
        if name in ("use", "gate"):
            command.add_argument("name", help="folder under /opt/sales-machine/releases")
            command.add_argument("--settings", type=Path)
            command.add_argument("--knowledge", type=Path)
            command.add_argument("--unit", type=Path)
    return parser.parse_args()


def _wanted(options: argparse.Namespace) -> State:
    if options.command == "back":
        if (saved := text(FORMER)) is None:
            _refuse("there is no former state to go back to")
        former = State(**json.loads(saved))
        if former.knowledge and (DATA / "kb-versions" / former.knowledge).is_dir():
            return former
        return replace(former, knowledge=State.current().knowledge)  # left alone by that change, or no longer kept
    if options.command == "rollback":
        if not (before := steps()):
            _refuse("there is no release before the one that serves; see `sales-machine-release list`")
        return replace(before[-1], knowledge=State.current().knowledge)
    if not (CODE / "releases" / options.name / "venv/bin/machine").exists():
        _refuse(f"there is no release {options.name!r}; see `sales-machine-release list`")
    state = replace(State.current(), release=options.name)
    if options.settings:
        state = replace(state, settings=options.settings.read_text("utf-8"))
    if options.unit:
        state = replace(state, unit=options.unit.read_text("utf-8"))
    if options.knowledge:
        state = replace(state, knowledge=options.knowledge.name)
    return state


def _refuse(reason: str) -> NoReturn:
    print(f"sales-machine-release: {reason}", file=sys.stderr)
    sys.exit(2)


def _list() -> None:
    current, former = target(CODE / "current"), json.loads(text(FORMER) or "{}").get("release")
    for entry in sorted((CODE / "releases").iterdir(), key=lambda entry: entry.stat().st_mtime):
        mark = "*" if entry.name == current else "-" if entry.name == former else " "
        print(f"{mark} {entry.name}")


def _change(options: argparse.Namespace) -> None:
    undone = recover(boot=options.command == "recover" and options.boot)
    if undone:
        print(f"a switch was cut off: release {State.current().release} is in force again", file=sys.stderr)
    if options.command == "prune":
        print("\n".join(prune(options.keep)) or "unchanged")
    elif options.command == "back" and undone:
        print(f"release {State.current().release} serves")  # the last change was the one that was cut off
    elif options.command != "recover":
        wanted = _wanted(options)
        print(f"release {wanted.release} serves" if switch(wanted, options) else "unchanged")


def main() -> None:
    options = _arguments()
    if options.command != "gate" and os.geteuid() != 0:
        _refuse("needs root: put sudo before it")
    try:
        if options.command == "gate":
            gate(options)
        elif options.command == "list":
            _list()
        else:
            with alone():
                _change(options)
    except (Failed, OSError) as error:
        print(f"sales-machine-release: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
