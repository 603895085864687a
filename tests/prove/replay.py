"""`python -m tests.prove.replay --base COMMIT [--turns 500] [--keep FOLDER]`: does a changed house answer as it did?

The code of COMMIT, in a worktree of its own, is run as a service and records about so many turns: half of them with the
embedded backend, half with the emulated model server; customers of many kinds, three shops, three languages. Whatever is
drawn by chance is drawn from --seed and kept: the messages, request ids, the key of the prompts' frames, the clock, each
draft. Then the working tree's code
  replays  every recorded turn from its record (`machine replay`), and
  answers  the same requests again, as a service with a fresh memory, the same key and the same clock.
Compared are statuses, answers, `meta`, and what both have written of conversations and turns. Exit status 1 when anything
differs that no --ignore names (`record.found`, `meta`, `replay.prompt`, `state.said`); 2 when it could not be run.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.prove.recording.comparing import Difference, answers, memories, place
from tests.prove.recording.customers import Street
from tests.prove.recording.drafts import Drafts
from tests.prove.recording.house import Emulator, House, Part, Said, Step, key_of, pending_slot
from tests.prove.recording.table import Recorded, recorded, table
from tests.server import ROOT

_SHOPS = Path(__file__).parent / "recording" / "shops"
_LONGEST = 160  # characters of a value that is shown
_SHOWN = 3  # examples of a key that differs
Differences = dict[str, list[Difference]]
"""By the part in which they were found."""


def parts(emulator: str, folder: Path) -> tuple[Part, ...]:
    """What the turns are spread over. The model is given three seconds for an answer, so that a late one costs no more."""
    bots: dict[str, dict[str, Any]] = {
        "velo": {"sessions": ["VELO_*"], "flow": "transactional", "language": "ru", "persona": {"name": "Тимур", "role": "мастер"}},
        "gul": {"sessions": ["GUL_*"], "flow": "autonomous", "language": "kk"},
    }  # fmt: skip
    for name, bot in bots.items():
        bot |= {"kb": str(folder / "shops" / name / "kb"), "policy": str(folder / "shops" / name / "policy.yaml")}
    quiet = {"bots": bots, "gpu": {"enabled": "off"}}
    ollama = {
        **quiet,
        "llm": {"backend": "ollama", "host": emulator},
        "turn": {"timeout_s": 13, "reserve_s": 10, "repair_s": 8},
    }
    plain = {**ollama, "turn": {**ollama["turn"], "history": 6}, "flags": {"structured": False, "degraded": True}}  # type: ignore[dict-item]
    return (
        Part("embedded", 0.5, _moment(4), {**quiet, "flags": {"timings": True}}),
        Part("ollama", 0.36, _moment(8), {**ollama, "flags": {"timings": True}}),
        Part("plain", 0.14, _moment(16), plain),
    )


def _moment(hour: int) -> float:
    """On a day of no meaning, on the shops' clock."""
    return datetime(2026, 3, 3, hour, 20, tzinfo=ZoneInfo("Asia/Almaty")).timestamp()


def record(part: Part, house: House, data: Path, emulator: Emulator, turns: int, seed: int) -> list[tuple[Step, Said]]:
    """So many turns of one part, said by `house`."""
    model = None if part.name == "embedded" else emulator
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
                faults = drafts.next(step, pending.get(user, ""), languages.get(user, "ru"))
                step = Step(step.at, step.path, step.body, faults, step.scene)
            said = caller.say(step)
            done.append((step, said))
            if step.path == "process" and said.status == 200:
                answered.add(place(step.body))
                languages[user] = json.loads(said.body)["meta"]["language"]
            pending[user] = pending_slot(data, step.body["session_id"], user)
            heard(pending[user])
    return done


def again(part: Part, house: House, data: Path, emulator: Emulator, steps: Sequence[Step], seed: int) -> list[Said]:
    """The same requests to another house."""
    with house.serving(part, data, key_of(seed), None if part.name == "embedded" else emulator) as caller:
        return [caller.say(step) for step in steps]


def replayed(part: Part, house: House, recording: Path, copy: Path, turns: Sequence[Recorded]) -> Iterator[Difference]:
    """What comes out otherwise when the turns of a recorded memory are walked again, in a copy of it."""
    shutil.copytree(recording, copy)
    found = house.replay(part, copy, [turn.number for turn in turns])
    for turn in turns:
        for name in found[turn.number]:
            yield Difference(turn.request, f"replay.{name}", "as recorded", "otherwise")


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """The files of a commit, in a folder that goes when the block is left."""
    with tempfile.TemporaryDirectory(prefix="prove-replay-") as folder:
        tree = Path(folder) / "base"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def working_tree(base: Path, folder: Path) -> House:
    """The package of the working tree, copied so that nobody's work meanwhile is mixed in; with the base's flows."""
    shutil.copytree(ROOT / "app", folder / "now" / "app")
    flows = {path.name: path for path in (base / "app").rglob("flows/*.yaml")}
    for path in sorted((folder / "now" / "app").rglob("flows/*.yaml")):
        if path.name in flows and path.read_bytes() != flows[path.name].read_bytes():
            shutil.copyfile(flows[path.name], path)
            print(f"the flow {path.name} differs: the base's is used")
    return House(folder / "now", folder)


def defaults_that_changed(base: Path) -> dict[str, Any]:
    """The base's values of settings that have another default in the working tree."""
    old = yaml.safe_load((base / "app" / "settings.yaml").read_text("utf-8"))
    found = next((ROOT / "app").rglob("settings.yaml"), None)
    new = yaml.safe_load(found.read_text("utf-8")) if found else old
    kept: dict[str, Any] = {}
    for group, values in old.items():
        for name, value in values.items():
            if name in new.get(group, {}) and new[group][name] != value:
                kept.setdefault(group, {})[name] = value
                print(f"the default of {group}.{name} differs: the base's {value!r} is used")
    return kept


def prepare(folder: Path, base: Path, emulator: str) -> tuple[Part, ...]:
    """Lays down what both houses are run with: the shops' knowledge, and a file of settings for each part."""
    shutil.copytree(base / "kb", folder / "kb")
    shutil.copytree(_SHOPS, folder / "shops")
    kept = defaults_that_changed(base)
    made = parts(emulator, folder)
    for part in made:
        settings = {
            group: {**kept.get(group, {}), **part.settings.get(group, {})} for group in {**kept, **part.settings}
        }
        (folder / f"{part.name}.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    return made


def prove(
    base: Path, folder: Path, turns: int, seed: int
) -> tuple[list[Recorded], Counter[str], list[Difference], list[str]]:
    """The recorded turns, what else was sent, what differs, and what only one side knows."""
    emulator = Emulator(base, ROOT)
    try:
        made = prepare(folder, base, emulator.url)
        before, now = House(base, folder), working_tree(base, folder)
        before.check()
        now.check()
        all_turns: list[Recorded] = []
        sent: Counter[str] = Counter()
        differ: list[Difference] = []
        notes: list[str] = []
        for part in made:
            recording, copy, fresh = (folder / f"{part.name}-{name}" for name in ("base", "replayed", "now"))
            started = time.monotonic()
            done = record(part, before, recording, emulator, max(1, round(turns * part.share)), seed)
            rows = [json.dumps({**asdict(step), "said": asdict(said)}, ensure_ascii=False) for step, said in done]
            (folder / f"{part.name}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
            turned = recorded(part.name, recording, done)
            at = time.monotonic()
            differ += replayed(part, now, recording, copy, turned)
            walked = time.monotonic()
            said = again(part, now, fresh, emulator, [step for step, _ in done], seed)
            for (step, one), other in zip(done, said, strict=True):
                differ += answers(step, one, other)
                sent[_sort(step, one)] += 1
            given = {
                place(s.body): each
                for (s, _), each in zip(done, said, strict=True)
                if each.status == 200 and s.path == "process"
            }
            found, news = memories(recording, fresh, given)
            differ += found
            notes += news
            all_turns += turned
            print(f"{part.name}: {len(turned)} turns of {len(done)} requests recorded in {at - started:.0f} s, "
                  f"replayed in {walked - at:.0f} s, answered again in {time.monotonic() - walked:.0f} s", flush=True)  # fmt: skip
        return all_turns, sent, differ, list(dict.fromkeys(notes))
    finally:
        emulator.stop()


def report(
    turns: Sequence[Recorded], sent: Counter[str], differ: Sequence[Difference], ignored: frozenset[str]
) -> bool:
    """Prints the table and what differs, by key; whether nothing does but what is ignored."""
    left = [each for each in differ if not each.ignored_by(ignored)]
    print(table(turns, left))
    print("requests: " + ", ".join(f"{count} {name}" for name, count in sorted(sent.items())))
    for title, those in (("differs", left), ("ignored", [each for each in differ if each.ignored_by(ignored)])):
        names = Counter(each.name for each in those)
        for name, count in names.most_common():
            print(f"{title}: {name} {count} times")
            for each in [each for each in those if each.name == name][: _SHOWN if title == "differs" else 0]:
                print(f"  {each.where}\n    base {_shown(each.before)}\n    now  {_shown(each.now)}")
    print(f"{len(turns)} turns: {'equal' if not left else 'NOT equal'}")
    return not left


def _sort(step: Step, said: Said) -> str:
    return f"{step.path} {said.status}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether the working tree answers recorded turns as a commit does.")
    parser.add_argument("--base", required=True, help="the commit whose code records")
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder for the recording, both memories and the settings")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="KEY", help="a key that may differ, such as record.found"
    )
    given = parser.parse_args()
    started = time.monotonic()
    try:
        with worktree(given.base) as base, tempfile.TemporaryDirectory() as passing:
            folder = (given.keep or Path(passing) / "prove").resolve()
            folder.mkdir(parents=True)
            named, ours = _git("rev-parse", "--short", f"{given.base}^{{commit}}"), _git("rev-parse", "--short", "HEAD")
            changed = len(_git("status", "--porcelain", "--", "app").splitlines())
            print(
                f"base {named}; working tree {ours} with {changed} changed files of app; seed {given.seed}", flush=True
            )
            turns, sent, differ, notes = prove(base, folder, given.turns, given.seed)
    except (RuntimeError, OSError) as error:
        print(f"could not be run: {error}", file=sys.stderr)
        return 2
    for note in notes:
        print(f"note: {note}")
    equal = report(turns, sent, differ, frozenset(given.ignore))
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
