"""A customer to talk with: `talk("привет", "сколько стоит")` returns the steps of a whole conversation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from app.dialogue import Dialogue
from app.types import Ask, DialogueState, Exchange, Key, Snapshot, Step

KEY = Key("shop", "customer")
NOON = datetime(2025, 3, 3, 7, 0, tzinfo=UTC)  # 12:00 in Almaty


@dataclass
class Customer:
    """One conversation; every `says` is a turn whose answer the customer saw."""

    dialogue: Dialogue
    state: DialogueState = field(default_factory=DialogueState)
    now: datetime = NOON
    history: tuple[Exchange, ...] = ()
    steps: list[Step] = field(default_factory=list)
    served: frozenset[str] | None = None
    """The trades that the shop speaks of; None: each."""

    def says(self, text: str, **context: object) -> Step:
        ask = replace(Ask(KEY, text, str(len(self.steps))), **context)  # type: ignore[arg-type]
        met = Snapshot(KEY, self.state, len(self.steps), history=self.history)
        step = self.dialogue.advance(met, ask, self.now, served=self.served)
        self.state = step.state
        self.history = (*self.history[-5:], Exchange(text, spoken(step)))
        self.now += timedelta(minutes=1)
        self.steps.append(step)
        return step

    @property
    def slots(self) -> dict[str, str]:
        return dict(self.state.slots)


def spoken(step: Step) -> str:
    """What the customer reads when the search finds nothing."""
    return " ".join(part for part in (step.greeting, step.statement, step.fallback, step.question) if part)


@pytest.fixture(scope="session")
def dialogue() -> Dialogue:
    return Dialogue.load()


@pytest.fixture
def customer(dialogue: Dialogue) -> Customer:
    return Customer(dialogue)


@pytest.fixture(scope="session")
def new_customer(dialogue: Dialogue) -> Callable[..., Customer]:
    def make(state: DialogueState | None = None) -> Customer:
        return Customer(dialogue, state or DialogueState())

    return make


@pytest.fixture(scope="session")
def talk(dialogue: Dialogue) -> Callable[..., Customer]:
    def run(*texts: str) -> Customer:
        customer = Customer(dialogue)
        for text in texts:
            customer.says(text)
        return customer

    return run
