"""A sales flow as the engine walks it: frozen values and the one question asked of them, whether a condition holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from app.dialogue.kinds import Kind
from app.types import Language

MAX_ASKED = 2
"""A slot is asked for at most this often in a conversation."""
MAX_TEXT = 200

ByLanguage = Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """Something to learn from the customer. `volunteered` ones are heard at any time, the others only as an answer."""

    kind: Kind
    satisfied_by: tuple[str, ...] = ()
    """Other slots that make this one unnecessary: whoever told the number of shops is not asked for his staff."""
    volunteered: bool = False
    accepts_yes: bool = False
    """A bare «да» is an answer."""
    subject: bool = False
    """It names what is looked for: «нужен сканер» is kept as «сканер», and so is what a purchase names."""
    each_time: bool = False
    """Belongs to one order: the next one asks for it again."""
    parting: str = "declined"
    """The text that a «нет» to a yes/no question is met with."""
    ack: str = ""
    """The slot whose acknowledgement (`ack_<slot>` in the texts) suits an answer; empty: its own."""


@dataclass(frozen=True, slots=True)
class Condition:
    """All of its parts must hold; an empty one always does. `exhausted`: still unknown and not to be asked again."""

    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    exhausted: tuple[str, ...] = ()
    equals: Mapping[str, str] = field(default_factory=dict)
    at_least: Mapping[str, int] = field(default_factory=dict)
    """Slots that hold a number of at least this much."""
    intents: tuple[str, ...] = ()
    """At least one of them was heard in this message."""

    @property
    def slots(self) -> set[str]:
        return {*self.known, *self.unknown, *self.exhausted, *self.equals, *self.at_least}


@dataclass(frozen=True, slots=True)
class Transition:
    """The first one of a stage whose condition holds is taken, once nothing is left to ask there."""

    to: str
    when: Condition = Condition()


@dataclass(frozen=True, slots=True)
class Switch:
    """Another flow suits this customer better: it is taken up with all that is known."""

    flow: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Goals:
    """A flow without a fixed order: after every message the allowed goal that weighs most is next.

    From `turns` turns on, after `refusals` questions that the customer let pass or declined, or when no goal is left,
    the stage `closing` is next; from there transitions lead on as in any flow.
    """

    closing: str
    turns: int = 14
    refusals: int = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the method. A `final` stage asks nothing and leads nowhere; `statement` and `query` open it."""

    name: str
    goal: str
    slots: tuple[str, ...] = ()
    questions: Mapping[str, ByLanguage] = field(default_factory=dict)
    statement: ByLanguage = field(default_factory=dict)
    query: ByLanguage = field(default_factory=dict)
    transitions: tuple[Transition, ...] = ()
    final: bool = False
    allowed: Condition = Condition()
    """As a goal of a flow without order: when it may be chosen."""
    weight: int = 0
    """As a goal: the heaviest allowed one is next."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A sales method: its first stage is where a conversation begins."""

    name: str
    title: str
    first: str
    slots: Mapping[str, SlotSpec]
    stages: Mapping[str, Stage]
    anywhere: tuple[Transition, ...] = ()
    switch: tuple[Switch, ...] = ()
    goals: Goals | None = None
    value: ByLanguage = field(default_factory=dict)
    """One line of what the customer gets, said behind a bare greeting."""
    trade: str = ""
    """Whom its questions are written for (`trades.yaml`); empty: whoever buys anything."""
    elsewhere: bool = False
    """As it is for a shop of another trade than its own."""

    def satisfied(self, slot: str, known: Mapping[str, str]) -> bool:
        """Whether a slot need not be asked for: it is known, or another one stands in for it."""
        spec = self.slots.get(slot)
        return slot in known or (spec is not None and any(other in known for other in spec.satisfied_by))

    def holds(
        self, when: Condition, known: Mapping[str, str], asked: Mapping[str, int], intents: tuple[str, ...]
    ) -> bool:
        return (
            all(self.satisfied(slot, known) for slot in when.known)
            and not any(self.satisfied(slot, known) for slot in when.unknown)
            and all(asked.get(slot, 0) >= MAX_ASKED and not self.satisfied(slot, known) for slot in when.exhausted)
            and all(known.get(slot) == value for slot, value in when.equals.items())
            and all(_number(known.get(slot, "")) >= least for slot, least in when.at_least.items())
            and (not when.intents or not set(when.intents).isdisjoint(intents))
        )

    def transitions(self) -> list[Transition]:
        """All of them, those from anywhere first."""
        return [*self.anywhere, *chain.from_iterable(stage.transitions for stage in self.stages.values())]

    def is_goal(self, stage: Stage) -> bool:
        """Whether a stage is chosen by its weight, not reached over a transition."""
        return self.goals is not None and stage.weight > 0


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() else -1
