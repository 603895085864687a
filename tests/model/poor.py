"""python -m tests.model.poor [--few] [--model NAME] [--show]: what a poor model does to a talk.

The dialogues of `cases/` through the whole service, with each of two small real models and without any: what became of the
drafts, by which faults, and whether what has to be said was said. Ends with 1 where a model does harm, 2 where none is
installed. `--show` prints what was said otherwise than without it.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.evaluation.cases import DialogueCase, read_cases
from loadtests.emulators.harness import OllamaEmulator
from tests.model.playing import SPEAKING, Played, play
from tests.model.weights import GEMMA, MODELS, SMOLLM, Model

CASES = Path(__file__).parent / "cases"
HEARD = {SMOLLM.name: ("en",), GEMMA.name: ("ru", "kk", "en")}
"""The languages of the dialogues that a model is tried with: those that it was trained in."""
FEW = frozenset(
    "price-ru-1 price-ru-7 sum-ru-1 yesno-ru-1 term-ru-1 haggle-ru-1 person-ru-1 talk-ru-4 "
    "price-kk-1 sum-kk-1 yesno-kk-4 term-kk-1 limit-kk-1 nothing-kk-2 "
    "price-en-1 sum-en-2 yesno-en-2 term-en-1 person-en-1 talk-en-2".split()
)
"""The twenty of every run."""
_CONTEXT = "8192"
_LESS = 0.02
"""Share of the dialogues by which what has to be said may be said more seldom than without the model."""
_ONE = 1
"""Dialogues by which it may be in any case: a draft is drawn by chance, and of a few dialogues one is more than a share."""
_HOW = ("passed", "completed", "cut", "repaired", "replaced")


@dataclass(frozen=True, slots=True)
class Compared:
    """The same dialogues with a model and without."""

    model: str
    spoken: tuple[Played, ...]
    facts: tuple[Played, ...]

    def said(self, played: Sequence[Played]) -> int:
        """In how many of the dialogues with something to be said all of it was."""
        return sum(not each.misses("include") for each in played if _includes(each.case))

    @property
    def to_say(self) -> int:
        return sum(_includes(each.case) for each in self.facts)

    def forbidden(self, played: Sequence[Played]) -> int:
        return sum(each.misses("forbidden") for each in played)

    def handed_over(self) -> list[str]:
        """Dialogues in which the model brought about a handover."""
        without = {each.case.id: _handed(each) for each in self.facts}
        return [each.case.id for each in self.spoken if _handed(each) and not without[each.case.id]]

    def harm(self) -> list[str]:
        """In which way the model did harm; empty when it did none."""
        errors = [f"{each.case.id}: {turn.error}" for each in self.spoken for turn in each.turns if turn.error]
        found = [f"an error: {error}" for error in errors]
        said, without = self.said(self.spoken), self.said(self.facts)
        if said < without - max(_ONE, _LESS * self.to_say):
            found.append(f"what has to be said was said in {said} of {self.to_say} dialogues, {without} without it")
        more, before = self.forbidden(self.spoken), self.forbidden(self.facts)
        if more > before:
            found.append(f"forbidden text in {more} dialogues, {before} without it")
        return found + [f"a handover that nobody wished: {name}" for name in self.handed_over()]

    def table(self) -> Iterator[str]:
        """The figures, a line each."""
        turns = [turn for each in self.spoken for turn in each.turns if turn.how]
        how = Counter(turn.how for turn in turns)
        kinds = Counter(kind for turn in turns for kind in turn.kinds)
        yield f"{self.model}: {len(self.spoken)} dialogues, {len(turns)} answers that it was asked for"
        yield "  " + ", ".join(f"{name} {how[name]}" for name in _HOW)
        yield "  faults of the draft that decided: " + ", ".join(
            f"{kind} {count}" for kind, count in kinds.most_common()
        )
        said, without = self.said(self.spoken), self.said(self.facts)
        yield f"  what has to be said: {said} of {self.to_say} with it, {without} without"
        yield f"  forbidden text: {self.forbidden(self.spoken)} with it, {self.forbidden(self.facts)} without"

    def differences(self) -> Iterator[str]:
        """Every answer that is not the one without the model: to be read."""
        for each, other in zip(self.spoken, self.facts, strict=True):
            for turn, fact in zip(each.turns, other.turns, strict=False):
                if turn.answer != fact.answer:
                    missed = " MISSED" * bool(turn.missed)
                    yield f"{each.case.id} {turn.how} {','.join(turn.kinds)}{missed}\n  > {turn.said}\n  < {_line(turn.answer)}"


def compare(model: Model, cases: Sequence[DialogueCase], folder: Path) -> Compared:
    """`folder`, empty, takes weights and memories."""
    heard = HEARD[model.name]
    own = [case for case in cases if case.id.split("-")[1] in heard]
    facts = play(own, folder / "facts")
    arguments = (
        "--gguf",
        str(model.file(folder)),
        "--context-length",
        _CONTEXT,
        "--num-parallel",
        "1",
        "--threads",
        "2",
    )
    with OllamaEmulator(*arguments) as emulator:
        where = {"MACHINE_LLM__HOST": emulator.url, "MACHINE_LLM__CONTEXT": _CONTEXT}
        spoken = play(own, folder / "spoken", **SPEAKING, **where)
    return Compared(model.name, tuple(spoken), tuple(facts))


def dialogues(few: bool) -> list[DialogueCase]:
    """All of them, or the twenty."""
    cases = read_cases(sorted(CASES.glob("*.yaml")))
    return [case for case in cases if case.id in FEW] if few else cases


def _includes(case: DialogueCase) -> bool:
    return any(expected is not None and expected.includes for _, expected in case.turns)


def _handed(played: Played) -> bool:
    return any(turn.action == "handover" for turn in played.turns)


def _line(text: str) -> str:
    return " / ".join(line for line in text.splitlines() if line.strip())


def main() -> int:
    parser = argparse.ArgumentParser(description="What a poor model does to a talk.")
    parser.add_argument("--few", action="store_true", help="the twenty of every run")
    parser.add_argument("--model", choices=[model.name for model in MODELS], help="one of the two")
    parser.add_argument("--show", action="store_true", help="what was said otherwise than without it")
    wanted = parser.parse_args()
    harm, tried = [], 0
    for model in MODELS:
        if wanted.model not in (None, model.name):
            continue
        if model.missing:
            print(f"NOT RUN: {model.missing}")
            continue
        tried += 1
        with tempfile.TemporaryDirectory(prefix="poor-model-") as folder:
            found = compare(model, dialogues(wanted.few), Path(folder))
        print("\n".join([*found.table(), *(found.differences() if wanted.show else ())]), flush=True)
        harm += [f"{model.name}: {each}" for each in found.harm()]
    print("\n".join(f"HARM: {each}" for each in harm) or "no harm done")
    return 1 if harm else 0 if tried else 2


if __name__ == "__main__":
    sys.exit(main())
