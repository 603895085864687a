"""The last message of a prompt: facts, course and the customer's words, within its tokens.

What does not fit is left out in this order: the passages behind the best one, from the last; figures that we named
before, from the oldest; what the customer told of himself, from the oldest; the end of the best passage; the middle of
the customer's words, as far as they take more than half. What was reckoned and what is to be said stays whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.prompt.rendering import render
from app.prompt.template_marks import without_marks
from app.prompt.token_count import TokenCounter
from app.prompt.words import table
from app.types import Deciding, Passage, Snapshot, Step

_MOST_TOLD = 8  # things that the customer told of himself: more would push the facts out
_MOST_ACTS = 2  # that a message is for
_MOST_IDS = 2  # of sections that a figure rests on: a price may stand in a dozen
_QUESTIONS = frozenset({"price", "feature", "comparison", "payment", "discount_request", "about_us"})
"""Intents that ask for something that facts may answer."""
_GAP = " … "  # stands where the middle of a text was


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it stands in the prompt: its text may be cut to the budget."""

    passage: Passage
    text: str

    @property
    def section(self) -> object:
        return self.passage.section


@dataclass(frozen=True, slots=True)
class Course:
    """What the last message says besides the passages and the customer's words."""

    step: Step
    goal: str = ""
    slots: str = ""
    told: tuple[str, ...] = ()
    """Lines in the customer's own words, sanitised, oldest first."""
    deciding: tuple[Deciding, ...] = ()
    earlier: tuple[str, ...] = ()
    """What we said of figures before, sanitised, oldest first."""
    moment: str = ""
    courtesy: bool = False
    """The statement is a word on what he told: to be said only where it suits that."""
    asked: bool = False
    """Something was asked, and looked up."""
    waits: bool = False
    """A person has the conversation, or gets it with this turn."""

    @classmethod
    def of(cls, step: Step, snapshot: Snapshot, text: str, told: Sequence[str], **rest: Any) -> "Course":
        """`text` is the customer's newest message; `rest` the other fields."""
        waits = step.action == "handover" or step.state.handed_over or snapshot.mode != "machine"
        return cls(step, told=tuple(told[-_MOST_TOLD:]), asked=asks_something(step, text), waits=waits, **rest)


Frame = Callable[[str], str]


def asks_something(step: Step, text: str) -> bool:
    """Whether the customer's newest message, `text`, asks something that was looked up."""
    return step.query is not None and ("?" in text or not _QUESTIONS.isdisjoint(step.intents))


class LastMessage:
    """Writes it for one turn. `framed` puts the customer's words in a frame, `framed_told` what he told of himself."""

    def __init__(self, course: Course, tokens: TokenCounter, room: int, *, framed: Frame, framed_told: Frame) -> None:
        self._course = course
        self._tokens = tokens
        self._room = room
        self._framed = framed
        self._framed_told = framed_told
        self._shown: list[Shown] = []
        self._words = ""

    @property
    def shown(self) -> int:
        """How many passages stand in what was written."""
        return len(self._shown)

    def lean(self, passages: int) -> str:
        """What was written with so many of its passages, the best ones."""
        return self._render(self._shown[:passages], self._words)

    def written(self, passages: Sequence[Passage], words: str) -> str:
        """`words` are the customer's, sanitised; `passages` best first."""
        whole = self._course
        # A section is the owner's, and still no place for marks of templates: it may be copied from anywhere.
        found = [Shown(passage, without_marks(passage.section.text)) for passage in passages]
        self._course = replace(whole, told=(), earlier=())
        bare = self._count([], "")
        free = max(0, self._room - bare)
        best = self._count(found[:1], "") - bare
        words = shortened(self._tokens, words, free - min(max(best, 0), free // 2))
        shown = [self._begun(best, words) for best in found[:1]]
        if all(self._fill(name, getattr(whole, name), shown, words) for name in ("told", "earlier")):
            for passage in found[1:]:
                if self._count([*shown, passage], words) > self._room:
                    break
                shown.append(passage)
        self._shown, self._words = shown, words
        return self._render(shown, words)

    def _begun(self, best: Shown, words: str) -> Shown:
        """The best passage, or as much of its beginning as there is room for."""
        if self._count([best], words) <= self._room:
            return best
        spare = self._room - self._count([Shown(best.passage, "")], words)
        return Shown(best.passage, beginning(self._tokens, best.text, spare))

    def _fill(self, name: str, lines: Sequence[str], shown: Sequence[Shown], words: str) -> bool:
        """As many of the newest lines as fit beside the best passage. Returns whether all do."""
        before = self._course
        for count in range(len(lines), 0, -1):
            self._course = replace(before, **{name: tuple(lines[-count:])})  # type: ignore[arg-type]
            if self._count(shown, words) <= self._room:
                return count == len(lines)
        self._course = before
        return not lines

    def _count(self, shown: Sequence[Shown], words: str) -> int:
        return self._tokens.count(self._render(shown, words))

    def _render(self, shown: Sequence[Shown], words: str) -> str:
        course, step, said = self._course, self._course.step, table("words")
        courtesy = (step.statement or "") if course.courtesy else ""
        lead = step.lead if shown else None
        statement = " ".join(part for part in ("" if courtesy else step.statement, lead) if part)
        return render(
            "turn.j2",
            passages=shown,
            asked=course.asked,
            searched=course.asked or (step.query is not None and step.fallback is not None),
            waits=course.waits,
            deciding=[_reckoned(each, shown) for each in course.deciding],
            must=any(each.kind != "not_known" for each in course.deciding),
            earlier=course.earlier,
            moment=course.moment,
            language=said["languages"][step.language],
            acts=acts(step.reason, step.intents),
            goal=course.goal,
            slots=course.slots,
            told=self._framed_told("\n".join(course.told)) if course.told else "",
            greeting=without_marks(" ".join((step.greeting or "").split())),  # it may hold the customer's name
            courtesy=without_marks(courtesy),
            statement=without_marks(statement),
            asks="?" in f"{step.greeting} {courtesy} {statement}",
            question=step.question,
            text=self._framed(words),
        )


def _reckoned(each: Deciding, shown: Sequence[Shown]) -> Deciding:
    """With the ids of those sections, of many, that stand in the prompt."""
    near = {passage.passage.section.id for passage in shown}
    ids = sorted(each.sections, key=lambda name: name not in near)[:_MOST_IDS]
    return replace(each, said=without_marks(each.said), sections=tuple(ids))


def acts(reason: str, intents: Sequence[str]) -> str:
    """What a message is for, in words, what decided the step first; empty where nothing that tells was heard."""
    words, alone = table("words")["acts"], table("words")["alone"]
    told = [name for name in dict.fromkeys((reason, *intents)) if name in words]
    strong = [name for name in told if name not in alone]
    return "; ".join([words[name] for name in strong or told][:_MOST_ACTS])


def beginning(tokens: TokenCounter, text: str, most: int) -> str:
    """The longest beginning of `text` within so many tokens, found by halving."""
    if most <= 0:
        return ""
    text = text[: tokens.room(most)]  # what is beyond it need not be counted
    if tokens.count(text) <= most:
        return text
    return text[: _longest(len(text), lambda length: tokens.count(text[:length]) <= most)].rstrip()


def shortened(tokens: TokenCounter, text: str, most: int) -> str:
    """`text` within so many tokens, without its middle: what is asked often stands at the end."""
    if most <= 0:
        return ""
    # What is beyond it need not be counted, nor is it.
    if len(text) <= tokens.room(most) and tokens.count(text) <= most:
        return text
    half = _longest(min(len(text), tokens.room(most)) // 2, lambda length: tokens.count(_ends(text, length)) <= most)
    return _ends(text, half) if half else ""


def _ends(text: str, length: int) -> str:
    return f"{text[:length].rstrip()}{_GAP}{text[len(text) - length :].lstrip()}"


def _longest(most: int, fits: Callable[[int], bool]) -> int:
    """The greatest length up to `most` that fits, by halving; 0 where none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
