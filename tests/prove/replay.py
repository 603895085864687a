"""`python -m tests.prove.replay --base COMMIT [--turns 500] [--keep FOLDER]`: does a changed house answer as it did?

The code of COMMIT, in a worktree of its own, is run as a service and records about so many turns: half of them with the
embedded backend, half with the emulated model server; customers of many kinds, three shops, three languages. Whatever is
drawn by chance is drawn from --seed and kept: the messages, request ids, the key of the prompts' frames, the clock, each
draft. Then the working tree's code

replays   every recorded turn from its record (`machine replay`), in a copy of the memory
answers   the same requests again, as a service with a fresh memory, the same key and the same clock

Compared are statuses, answers, `meta`, and what both have written of conversations and turns; of a conversation's state
what both know. Exit status 1 when anything differs that no --ignore names (`record.found`, `meta`, `replay.prompt`,
`state.said`); 2 when it could not be run.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.prove.recording.comparing import Difference, answers, memories, place
from tests.prove.recording.customers import Street
from tests.prove.recording.drafts import Drafts
from tests.prove.recording.house import Emulator, House, Part, Said, Step, key_of, pending_slot
from tests.prove.recording.table import Recorded, recorded, table
from tests.prove.recording.trees import ROOT, git, prepare, working_tree, worktree

_LONGEST = 160  # characters of a value that is shown
_SHOWN = 3  # examples of a key that differs


@dataclass
class Outcome:
    """What was recorded and what came out otherwise. `notes`: what only one side writes down."""

    turns: list[Recorded] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    differ: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def record(part: Part, house: House, data: Path, emulator: Emulator, turns: int, seed: int) -> list[tuple[Step, Said]]:
    """So many turns of one part, with whatever else its customers' callers send."""
    model = emulator if part.name != "embedded" else None
    street, drafts = Street(part.name, part.starts, seed), Drafts(f"{seed}-{part.name}")
    done: list[tuple[Step, Said]] = []
    answered: set[str] = set()
    pending: dict[str, str] = {}
    languages: dict[str, str] = {}
    with house.serving(part, data, key_of(seed), model) as caller:
        while len(answered) < turns:
            step, heard = street.next()
            user = step.body["user_id"]
            if model and step.path == "process" and place(step.body) not in answered:
                step = replace(step, faults=drafts.next(step, pending.get(user, ""), languages.get(user, "ru")))
            said = caller.say(step)
            done.append((step, said))
            if step.path == "process" and said.status == 200:
                answered.add(place(step.body))
                languages[user] = json.loads(said.body)["meta"]["language"]
            pending[user] = pending_slot(data, step.body["session_id"], user)
            heard(pending[user])
    return done


def replayed(part: Part, house: House, recording: Path, copy: Path, turns: Sequence[Recorded]) -> Iterator[Difference]:
    """What comes out otherwise when the turns of a recorded memory are walked again."""
    shutil.copytree(recording, copy)
    found = house.replay(part, copy, [turn.number for turn in turns])
    for turn in turns:
        for name in found[turn.number]:
            yield Difference(turn.request, f"replay.{name}", "as recorded", f"`replay {turn.number}` shows it")


def again(
    part: Part, house: House, recording: Path, fresh: Path, emulator: Emulator, done: Sequence[tuple[Step, Said]], seed: int
) -> tuple[list[Difference], list[str]]:  # fmt: skip
    """What another house says and writes down differently when it is asked the same, and what only one side knows."""
    model = emulator if part.name != "embedded" else None
    found: list[Difference] = []
    given: dict[str, Said] = {}
    with house.serving(part, fresh, key_of(seed), model) as caller:
        for step, before in done:
            now = caller.say(step)
            found += answers(step, before, now)
            if step.path == "process" and now.status == 200:
                given[place(step.body)] = now
    written, notes = memories(recording, fresh, given)
    return found + written, notes


def prove(base: Path, folder: Path, turns: int, seed: int) -> Outcome:
    """Records with the code of `base`, and tries the working tree's on it; all that was made stays in `folder`."""
    outcome = Outcome()
    emulator = Emulator(base, ROOT)
    try:
        parts = prepare(folder, base, emulator.url)
        before, now = House(base, folder), working_tree(base, folder)
        before.check()
        now.check()
        for part in parts:
            recording, copy, fresh = (folder / f"{part.name}-{name}" for name in ("base", "replayed", "now"))
            times = [time.monotonic()]
            done = record(part, before, recording, emulator, max(1, round(turns * part.share)), seed)
            _keep(folder / f"{part.name}.jsonl", done)
            these = recorded(part.name, recording, done)
            times.append(time.monotonic())
            outcome.differ += replayed(part, now, recording, copy, these)
            times.append(time.monotonic())
            found, notes = again(part, now, recording, fresh, emulator, done, seed)
            times.append(time.monotonic())
            outcome.turns += these
            outcome.requests.update(f"{step.path} {said.status}" for step, said in done)
            outcome.differ += found
            outcome.notes += notes
            took = " + ".join(f"{end - begin:.0f}" for begin, end in pairwise(times))
            print(f"{part.name}: {len(these)} turns of {len(done)} requests; recorded + replayed + answered again in {took} s", flush=True)  # fmt: skip
    finally:
        emulator.stop()
    return outcome


def report(outcome: Outcome, ignored: frozenset[str]) -> bool:
    """Prints the table and what differs, by key; whether nothing does but what is ignored."""
    left = [each for each in outcome.differ if not each.ignored_by(ignored)]
    print(table(outcome.turns, left))
    print("requests: " + ", ".join(f"{count} {name}" for name, count in sorted(outcome.requests.items())))
    for note in dict.fromkeys(outcome.notes):
        print(f"note: {note}")
    allowed = Counter(each.name for each in outcome.differ if each.ignored_by(ignored))
    for name, count in allowed.most_common():
        print(f"ignored: {name}, {count} times")
    for name, count in Counter(each.name for each in left).most_common():
        print(f"differs: {name}, {count} times")
        for each in [each for each in left if each.name == name][:_SHOWN]:
            print(f"  {each.where}\n    base {_shown(each.before)}\n    now  {_shown(each.now)}")
    print(f"{len(outcome.turns)} turns: {'NOT equal' if left else 'equal'}")
    return not left


def _keep(file: Path, done: Sequence[tuple[Step, Said]]) -> None:
    rows = (json.dumps({**asdict(step), "said": asdict(said)}, ensure_ascii=False) for step, said in done)
    file.write_text("\n".join(rows) + "\n", "utf-8")


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether the working tree answers recorded turns as a commit does.")
    parser.add_argument("--base", required=True, help="the commit whose code records")
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder for the recording, the memories and the settings")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="KEY", help="what may differ, such as record.found"
    )
    given = parser.parse_args()
    started = time.monotonic()
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # both services, the model server and the worktree go with it
    try:
        with worktree(given.base) as base, tempfile.TemporaryDirectory() as passing:
            folder = (given.keep or Path(passing) / "prove").resolve()
            folder.mkdir(parents=True)
            named, ours = git("rev-parse", "--short", f"{given.base}^{{commit}}"), git("rev-parse", "--short", "HEAD")
            changed = len(git("status", "--porcelain", "--", "app").splitlines())
            print(
                f"base {named}; working tree {ours}, {changed} files of app not committed; seed {given.seed}",
                flush=True,
            )
            outcome = prove(base, folder, given.turns, given.seed)
    except (RuntimeError, OSError) as error:
        print(f"could not be run: {error}", file=sys.stderr)
        return 2
    equal = report(outcome, frozenset(given.ignore))
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
