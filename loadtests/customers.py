"""Who writes: dialogues of the simulated personas, over two channels and all bots, some by returning customers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from app.evaluation.simulation import Persona, load_personas
from loadtests.plan import Plan

CHANNELS = ("whatsapp", "instagram")


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of one bot. The ids stay when the customer returns."""

    user: str
    session: str
    channel: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    customer: Customer
    texts: tuple[str, ...]
    returning: bool


class Town:
    """Everybody who may write. A customer has one conversation at a time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)
        self._personas = [persona for persona in load_personas() if persona.name not in plan.without]
        self._away: list[Customer] = []
        self.begun = 0

    @property
    def exhausted(self) -> bool:
        """Whether the plan's number of conversations has begun."""
        return bool(self._plan.dialogues) and self.begun >= self._plan.dialogues

    def next(self) -> Dialogue:
        """The next conversation to begin."""
        rng = self._rng
        returning = bool(self._away) and rng.random() < self._plan.returning
        if returning:
            customer = self._away.pop(rng.randrange(len(self._away)))
        else:
            customer = Customer(
                f"load-{self._plan.seed}-{self.begun}", rng.choice(self._plan.sessions), rng.choice(CHANNELS)
            )
        self.begun += 1
        texts = tuple(_messages(rng.choice(self._personas), rng, rng.randint(self._plan.least, self._plan.most)))
        return Dialogue(customer, texts, returning)

    def left(self, customer: Customer) -> None:
        """The conversation is over: the customer may return later."""
        self._away.append(customer)


def _messages(persona: Persona, rng: random.Random, length: int) -> Iterator[str]:
    told = [text for texts in persona.tells.values() for text in texts]
    yield rng.choice(persona.opens)
    for _ in range(length - 1):
        chance = rng.random()
        yield rng.choice(persona.asks if chance < 0.6 else told if chance < 0.9 else persona.chats)
