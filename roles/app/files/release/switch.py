"""The switch to another state, and back when it does not serve."""

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

from compare import refuse_worse, write_questions
from gate import try_out
from history import remember
from intent import begin, end
from state import (
    CODE,
    DATA,
    ETC,
    FORMER,
    SETTINGS,
    SOCKET,
    UNIT,
    URL,
    USER,
    Failed,
    State,
    run,
    until_healthy,
    write,
)


def serve(state: State, options: argparse.Namespace, *, keep_knowledge: bool) -> None:
    """Puts the state in force and proves that it serves. Raises Failed with the journal's last lines."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    try:
        state.apply(keep_knowledge=keep_knowledge)
        subprocess.run(["systemctl", "--quiet", "reset-failed", UNIT, SOCKET], check=False, stderr=subprocess.DEVNULL)
        run("systemctl", "restart", UNIT)
        until_healthy(URL, time.monotonic() + options.timeout, lambda: "")
        process = run("systemctl", "show", "--property=MainPID", "--value", UNIT).strip()
        serving = Path("/proc", process, "cwd").resolve().name
        if serving != state.release:
            raise Failed(f"{URL} is answered by {serving}, not by release {state.release}")
    except (Failed, OSError) as error:
        subprocess.run(["journalctl", "--sync"], check=False)  # what the service said last may still be on its way
        journal = subprocess.run(
            ["journalctl", "--unit", UNIT, "--since", since, "--output=cat", "--no-pager"],
            capture_output=True,
            text=True,
            check=False,
        )
        raise Failed("\n".join([str(error), *journal.stdout.splitlines()[-20:]])) from None


def switch(wanted: State, options: argparse.Namespace) -> bool:
    """Whether anything had to be changed. Raises Failed after the former state was put back."""
    former = State.current()
    active = subprocess.run(["systemctl", "--quiet", "is-active", UNIT], check=False).returncode == 0
    if wanted == former and active:
        return False
    keep = wanted.knowledge == former.knowledge
    try:
        if options.gate:
            _prove(former, wanted, options)
        begin(former, keep_knowledge=keep)
        serve(wanted, options, keep_knowledge=keep)
    except Failed as error:
        told = _restore(former, wanted, options, keep_knowledge=keep)
        end()
        raise Failed(f"{error}\n{told}") from None
    if former.release is not None and former != wanted:
        # Knowledge that this switch left alone is none of the way back's either.
        write(FORMER, json.dumps(asdict(replace(former, knowledge=None if keep else former.knowledge))), 0o600, "root")
        remember(former, wanted)
    end()
    return True


def _prove(former: State, wanted: State, options: argparse.Namespace) -> None:
    """Tries the wanted state beside the one that serves. Raises Failed when it does not answer, or answers worse."""
    knowledge = DATA / "kb-versions" / str(wanted.knowledge)
    with tempfile.TemporaryDirectory(dir=ETC, prefix=".gate.") as folder:  # the gate has a /tmp of its own
        Path(folder).chmod(0o711)
        candidate = Path(folder, "settings.yaml")
        candidate.write_text(wanted.settings or "", "utf-8")
        candidate.chmod(0o640)
        shutil.chown(candidate, "root", USER)
        if not options.compare or former.release is None or former.release == wanted.release:
            try_out(str(wanted.release), candidate, knowledge, options)
            return
        file = Path(folder, "questions.json")
        try:
            asked = write_questions(former.release, knowledge, file)
            before = try_out(former.release, SETTINGS, knowledge, options, file)
        except Failed:  # what does not work itself is no measure: the new one may be its repair
            try_out(str(wanted.release), candidate, knowledge, options)
            return
        refuse_worse(
            str(wanted.release), asked, before, try_out(str(wanted.release), candidate, knowledge, options, file)
        )


def _restore(former: State, wanted: State, options: argparse.Namespace, *, keep_knowledge: bool) -> str:
    current = State.current()
    if (replace(current, knowledge=former.knowledge) if keep_knowledge else current) == former:
        return f"release {former.release} goes on serving" if former.release else "nothing was changed"
    if former.release is None:
        subprocess.run(["systemctl", "stop", SOCKET, UNIT], check=False)
        (CODE / "current").unlink(missing_ok=True)
        return f"there is no former release: {UNIT} is stopped"
    try:
        serve(former, options, keep_knowledge=keep_knowledge)
    except Failed as error:
        return f"and the former release {former.release} does not serve either: {error}"
    same = " (with its former settings, knowledge and unit)" if former.release == wanted.release else ""
    return f"release {former.release} serves again{same}"
