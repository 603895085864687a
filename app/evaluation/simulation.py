"""Simulated customers against the whole turn: does any conversation crash, ask twice, greet twice, or dodge a price?"""

import random
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from app.errors import MachineError
from app.packaged import packaged
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key

_WORDS: dict[str, Any] = packaged("app.evaluation", "words.yaml")
_LETTERS: str = _WORDS["letters"]
_GREETINGS = (re.escape(word[:-1]) if word[-1] == "*" else rf"{re.escape(word)}\b" for word in _WORDS["greetings"])
_GREETING = re.compile(rf"\s*(?:{'|'.join(_GREETINGS)})", re.IGNORECASE)
_QUESTION = re.compile(r"(?<![^.!?…\n])[^.!?…\n]*\?")
_AWAY = timedelta(hours=13)
_REFUSALS: tuple[str, ...] = tuple(_WORDS["refusals"])


@dataclass(frozen=True, slots=True)
class Persona:
    """One kind of customer, as `personas.yaml` describes it."""

    name: str
    opens: tuple[str, ...]
    asks: tuple[str, ...]
    tells: dict[str, list[str]]
    chats: tuple[str, ...]
    manner: str = "none"
    habit: str = ""
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong in which dialogue, with the message that showed it."""

    persona: str
    dialogue: int
    kind: str
    """crash, repeated_question, double_greeting, two_questions, empty_answer"""
    message: str
    answer: str


@dataclass(slots=True)
class SimulationReport:
    dialogues: int = 0
    turns: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Totals, faults by kind, turns by action."""
        kinds = Counter(fault.kind for fault in self.faults)
        names = ("crash", "repeated_question", "double_greeting", "two_questions", "empty_answer")
        return {
            "dialogues": self.dialogues,
            "turns": self.turns,
            "faults": {name: kinds[name] for name in names},
            "actions": dict(sorted(self.actions.items())),
        }


def load_personas() -> tuple[Persona, ...]:
    """The package's personas, in the order of their file."""
    rows = packaged("app.evaluation", "personas.yaml")
    return tuple(TypeAdapter(list[Persona]).validate_python(rows))


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def simulate(
    bot: Bot, machine: Machine, personas: tuple[Persona, ...], dialogues: int, seed: int
) -> SimulationReport:
    """Plays `dialogues` conversations, the personas in turn, each with a random generator of its own."""
    report = SimulationReport()
    for number in range(dialogues):
        persona = personas[number % len(personas)]
        await _Dialogue(bot, machine, persona, number, seed=seed, report=report).play()
        report.dialogues += 1
    return report


class _Dialogue:
    def __init__(
        self, bot: Bot, machine: Machine, persona: Persona, number: int, *, seed: int, report: SimulationReport
    ) -> None:
        self._clock = _Clock()
        self._bot = bot
        self._machine = replace(machine, clock=self._clock)
        self._persona = persona
        self._number = number
        self._rng = random.Random(f"{seed}-{number}")  # noqa: S311 - reproducible, nothing secret
        self._report = report
        self._key = Key("SIMULATION", f"{persona.name}-{number}")
        self._asked: set[str] = set()
        self._greeted = False

    async def play(self) -> None:
        length = self._rng.randint(5, 14)
        refuses_at = self._rng.randint(2, length - 1) if self._persona.habit == "refuse_and_return" else -1
        for turn in range(length):
            if turn == refuses_at:
                text = self._rng.choice(_REFUSALS)
            elif turn == refuses_at + 1 and refuses_at > 0:
                self._clock.now += _AWAY
                self._greeted = False
                text = self._rng.choice(self._persona.asks)
            else:
                text = await self._next(turn)
            self._clock.now += timedelta(seconds=self._rng.randint(5, 300))
            if not await self._say(turn, self._bend(text)):
                return

    async def _next(self, turn: int) -> str:
        persona = self._persona
        if turn == 0:
            return self._rng.choice(persona.opens)
        state = (await self._machine.store.load(self._key, "", 0)).snapshot.state
        chance = self._rng.random()
        if state.pending and chance < 0.5:
            return self._rng.choice(persona.tells.get(state.pending.slot) or persona.tells["any"])
        return self._rng.choice(persona.asks if chance < 0.85 else persona.chats)

    async def _say(self, turn: int, text: str) -> bool:
        try:
            reply = await process(Ask(self._key, text, str(turn)), self._bot, self._machine)
        except MachineError as error:
            self._fault("crash", text, str(error))
            return False
        self._report.turns += 1
        state = (await self._machine.store.load(self._key, "", 0)).snapshot.state
        self._report.actions[state.last_action or ""] += 1
        self._check(text, reply.answer)
        return True

    def _check(self, text: str, answer: str) -> None:
        if not answer.strip():
            self._fault("empty_answer", text, answer)
        questions = [" ".join(question.split()).lower() for question in _QUESTION.findall(answer)]
        if len(questions) > 1:
            self._fault("two_questions", text, answer)
        if any(question in self._asked for question in questions):
            self._fault("repeated_question", text, answer)
        self._asked.update(questions)
        if _GREETING.match(answer):
            if self._greeted:
                self._fault("double_greeting", text, answer)
            self._greeted = True

    def _fault(self, kind: str, text: str, answer: str) -> None:
        self._report.faults.append(Fault(self._persona.name, self._number, kind, text, answer))

    def _bend(self, text: str) -> str:
        match self._persona.manner:
            case "shout":
                return text.upper() + "!!!" if self._rng.random() < 0.5 else text
            case "lower":
                return text.lower().rstrip("?")
            case "terse":
                return text
            case "typos":
                return " ".join(self._mistype(word) for word in text.split())
            case _:
                return text

    def _mistype(self, word: str) -> str:
        if len(word) < 5 or not word.isalpha() or self._rng.random() < 0.6:
            return word
        place = self._rng.randrange(1, len(word))
        match self._rng.randrange(3):
            case 0:
                return word[:place] + word[place + 1 :]
            case 1:
                return word[:place] + self._rng.choice(_LETTERS) + word[place + 1 :]
            case _:
                return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
