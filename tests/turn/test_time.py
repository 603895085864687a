"""No message takes more time than its length warrants: every stage, whole turns, and the event loop between them."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.composing.extractive import Extractive, compose
from app.composing.plain import shorten
from app.deadline import Deadline
from app.dialogue.engine import Dialogue
from app.knowledge.retriever import Found
from app.llm.reader import AnswerReader, cleaned
from app.prompt import asking
from app.service.assembly import open_machine
from app.settings import load
from app.turn.chain import Plan, decide, heeded, judge, plan, prompt_hash, reckon, recollect
from app.turn.deciding import read_ahead
from app.turn.machine import Machine
from app.turn.process import observe, process
from app.types import Aside, Ask, Draft, Exchange, Key, Observation, Prompt, Snapshot, Step
from loadtests.service import ROOT
from tests.hostile import SHAPES, hostile
from tests.stretches import Stretches, measured
from tests.thrift import most, thinned

SHORT, LONG = 2_000, 8_000
GROWTH = 6.0  # times the work at most, for four times the length
SMALL_S = 0.008  # too little to compare: the clock and the machine's noise are in it
STRETCH_S = 0.05  # of the event loop, at LONG characters
TRIES = 6  # of what was too slow: a busy machine is no fault of ours, and the best try counts
PAUSE_S = 0.1  # after each try, one more than after the one before: what else the machine does comes in bursts

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = Key("B", "U")


class Echo(Extractive):
    """A chat model that says what it is told to: `draft`."""

    name = "echo"
    wants_prompt = inventive = True
    draft = "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин."

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        return Draft(self.draft, self.name, prompt.passages[:1])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    environ = {"MACHINE_TURN__WORK_S": "10"}  # nothing is ended here: its cost is what is asked
    return open_machine(load(environ=environ), tmp_path_factory.mktemp("data"), ROOT / "kb")


def made(shape: str, length: int) -> str:
    """The message as the contract lets it in: no halves of signs, and not blank."""
    text = hostile(shape, length).encode("utf-8", "ignore").decode()
    return text if text.strip() else f"а{text[2:]}б"


def history(text: str) -> tuple[str, ...]:
    """As many messages as are read back, none of them the same: nothing of them is remembered from the one before."""
    global _made  # noqa: PLW0603 - nor from the call before
    _made += 1
    return tuple(f"{_made} {number} {text}"[: len(text)] for number in range(24))


_made = 0


@dataclass(frozen=True)
class Behind:
    """Work behind what an earlier stretch of the same turn has left ready, which is not timed with it."""

    ready: Callable[[str], Any]
    work: Callable[[Any], object]

    def timed(self, text: str) -> Callable[[], object]:
        found = self.ready(text)
        return lambda: self.work(found)


class Stages:
    """What of a turn sees a text, each as a function of that text."""

    def __init__(self, machine: Machine) -> None:
        self.bot = bot = machine.bots.default
        self.settings = machine.settings
        self.dialogue: Dialogue = bot.dialogue
        today = NOW.date()
        self.search = bot.knowledge.current.search
        self.passages = self.search("Сколько стоит тариф Рост?", top_k=5, today=today)
        self.today = today
        assert self.passages
        self._planned = self._plan("Сколько стоит?", ())

    def named(self) -> dict[str, Callable[[str], object] | Behind]:
        return {
            "listening": lambda text: self.dialogue.listen(Ask(KEY, text, "r"), Snapshot(KEY), self.bot.names),
            "deciding": Behind(self._listen, lambda work: work()),
            "deciding on a history": lambda text: self._decide("Сколько стоит?", history(text)),
            "asking a model what it is for": self._ask,
            "heeding what it said": self._heed,
            "handing over": lambda text: self._decide("Позовите человека", history(text)),
            "noting what was seen": lambda text: self.dialogue.observed(Snapshot(KEY).state, text),
            "hearing what a model heard": self._told,
            "reading its figures": lambda text: read_ahead(*self._counted(text), self.bot.knowledge.current),
            "reckoning": Behind(self._read_ahead, lambda work: work()),
            "recollecting the last part of a history": Behind(self._half_recollected, lambda work: work()),
            "reckoning behind a history": Behind(self._recollected, lambda work: work()),
            "searching": lambda text: self.search(text, top_k=5, today=self.today),
            "searching behind it": lambda text: self.search("а сколько?", top_k=5, today=self.today, previous=text),
            "composing": self._compose,
            "writing the prompt": lambda text: self._plan(text, ()),
            "writing the prompt of a history": lambda text: self._plan("Сколько стоит?", history(text)),
            "judging its echo": lambda text: self._judge(text[: len(text) // 8], text),
            "judging behind a history": lambda text: self._judge(Echo.draft, "Сколько стоит?", history(text)),
            "reading it from a model": self._read,
            "shortening": shorten,
        }

    def _listen(self, text: str) -> Callable[[], object]:
        """A message that is listened to: decides."""
        self.dialogue.listen(Ask(KEY, text, "r"), Snapshot(KEY), self.bot.names)
        return lambda: self._decide(text, ())

    def _snapshot(self, said: tuple[str, ...]) -> Snapshot:
        history = tuple(Exchange(text, Echo.draft) for text in said)
        state = replace(Snapshot(KEY).state, turns=len(said))
        return Snapshot(KEY, state, revision=len(said), history=history)

    def _decide(self, text: str, said: tuple[str, ...]) -> object:
        return decide(Ask(KEY, text, "r"), self._snapshot(said), NOW, self.bot)

    def _ask(self, text: str) -> object:
        ask, before = Ask(KEY, text, "r"), self._snapshot(())
        return asking(self.bot.prompts, before, ask, ("price", "demo"), system="Ты продавец.")

    def _heed(self, text: str) -> object:
        before, ask = self._snapshot(()), Ask(KEY, text, "r")
        step = decide(Ask(KEY, "Сколько стоит тариф Рост?", "r"), before, NOW, self.bot)
        return heeded(step, "demo", ask, before, now=NOW, bot=self.bot)

    def _counted(self, text: str) -> tuple[Step, Ask]:
        step = decide(Ask(KEY, "Сколько стоит тариф Рост?", "r"), Snapshot(KEY), NOW, self.bot)
        return replace(step, counted=text), Ask(KEY, text, "r")

    def _read_ahead(self, text: str) -> Callable[[], object]:
        """A message whose figures are read: reckons with them."""
        step, ask = self._counted(text)
        read_ahead(step, ask, self.bot.knowledge.current)
        return lambda: reckon(step, ask, self._snapshot(()), NOW, self.bot)

    def _half_recollected(self, text: str) -> Callable[[], object]:
        """A history of which all parts but the last are read: reads that."""
        (step, before), (_, like) = self._behind(text), self._behind(text)
        count = sum(1 for _ in recollect(step, like, self.bot))
        parts = recollect(step, before, self.bot)
        for _ in range(count - 1):
            next(parts)
        return lambda: next(parts)

    def _recollected(self, text: str) -> Callable[[], object]:
        """A history that is read: reckons behind it."""
        step, before = self._behind(text)
        list(recollect(step, before, self.bot))
        return lambda: reckon(step, Ask(KEY, "Сколько стоит?", "r"), before, NOW, self.bot)

    def _behind(self, text: str) -> tuple[Step, Snapshot]:
        step = decide(Ask(KEY, "Сколько стоит тариф Рост?", "r"), Snapshot(KEY), NOW, self.bot)
        return replace(step, counted="Сколько стоит?"), self._snapshot(history(text))

    def _told(self, text: str) -> object:
        state = replace(Snapshot(KEY).state, flow=self.bot.dialogue.default_flow)
        return self.dialogue.told(state, Aside({"business_type": text[:120]}), (text,))

    def _compose(self, text: str) -> object:
        step = decide(Ask(KEY, "Сколько стоит тариф Рост?", "r"), Snapshot(KEY), NOW, self.bot)
        step = replace(step, reason="price", query=text[:SHORT])
        return compose(Prompt(step, self.passages, (), text))

    def _plan(self, text: str, said: tuple[str, ...]) -> Plan:
        step = decide(Ask(KEY, "Сколько стоит тариф Рост?", "r"), Snapshot(KEY), NOW, self.bot)
        found = Found(self.passages)
        ask, before = Ask(KEY, text, "r"), self._snapshot(said)
        planned = plan(step, found, ask, before, self.bot, settings=self.settings, wants_prompt=True, now=NOW)
        prompt_hash(planned.prompt)
        return planned

    def _judge(self, draft: str, text: str, said: tuple[str, ...] = ()) -> object:
        return judge(self._planned, [Draft(draft, "echo")], Ask(KEY, text, "r"), self._snapshot(said), self.bot)

    @staticmethod
    def _read(text: str) -> object:
        reader = AnswerReader()
        for start in range(0, len(text), 400):
            reader.feed(text[start : start + 400])
        return reader.fields(), reader.salvaged(), cleaned(text)


def cost(work: Callable[[str], object] | Behind, text: str) -> float:
    """CPU seconds."""
    run = work.timed(text) if isinstance(work, Behind) else partial(work, text)
    started = time.thread_time()
    run()
    return time.thread_time() - started


def too_much(work: Callable[[str], object] | Behind, make: Callable[[int], str]) -> str:
    """What is wrong with the work on such texts; empty where it keeps its bounds."""
    long, short = 0.0, 0.0
    for tries in range(1, TRIES + 1):
        long = cost(work, make(LONG))
        short = cost(work, make(SHORT)) if long > SMALL_S else long
        if long <= STRETCH_S and long <= GROWTH * max(short, SMALL_S / GROWTH):
            return ""
        time.sleep(PAUSE_S * tries)
    return f"{SHORT} characters {short * 1000:.1f} ms, {LONG} {long * 1000:.1f} ms"


@pytest.fixture(scope="module")
def stages(opened: Machine) -> Stages:
    return Stages(opened)


@pytest.mark.parametrize("shape", thinned(SHAPES, 4))
def test_every_stage_takes_time_in_proportion(stages: Stages, shape: str) -> None:
    texts = {length: made(shape, length) for length in (SHORT, LONG)}
    found = {name: too_much(work, texts.__getitem__) for name, work in stages.named().items()}
    assert not {name: wrong for name, wrong in found.items() if wrong}


# Not Phase.explain: it traces each line from the first failure on, and what is traced is slow whatever the text.
@settings(
    max_examples=most(30),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(SHAPES), st.integers(1, 40)), min_size=1, max_size=6))
def test_so_does_any_mixture(stages: Stages, parts: list[tuple[str, int]]) -> None:
    # Shorter than an eighth of SHORT, which is what is echoed of it: all of its parts stand in either text.
    unit = "".join(made(shape, length) for shape, length in parts)

    def make(length: int) -> str:
        return (unit * (length // len(unit) + 1))[:length]

    found = {name: too_much(work, make) for name, work in stages.named().items()}
    assert not {name: wrong for name, wrong in found.items() if wrong}


@pytest.fixture
async def talking(opened: Machine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Machine, Echo, Stretches]]:
    llm = Echo()
    with measured(monkeypatch) as seen:
        yield replace(opened, llm=llm), llm, seen


# What the knowledge says itself is a stage of its own above: of whole turns without a model every fourth kind will do.
_SPOKEN = [*(("model", shape) for shape in SHAPES), *(("knowledge", shape) for shape in SHAPES[::4])]


@pytest.mark.parametrize("spoken", thinned(_SPOKEN, 6))
async def test_no_turn_holds_the_loop(
    opened: Machine, talking: tuple[Machine, Echo, Stretches], spoken: tuple[str, str]
) -> None:
    """A conversation of such messages: each of them, what it echoes, a question behind them, a person, a fallback."""
    speaks, shape = spoken
    machine, llm, seen = talking
    machine = machine if speaks == "model" else opened
    bot = machine.bots.default
    text = made(shape, LONG)
    worst: dict[str, float] = {}
    for attempt in range(TRIES):
        key = Key("B", f"{shape} {speaks} {attempt}")
        steps = (("it", text), ("it again", text), ("a question", "Сколько стоит?"), ("a person", "Позовите человека"))
        for number, (step, said) in enumerate(steps):
            llm.draft = text[: LONG // 8] if step.startswith("it") else Echo.draft
            seen.reset()
            await process(Ask(key, said, f"r{number}"), bot, machine)
            worst[step] = min(worst.get(step, 9.0), seen.longest)
        seen.reset()
        await observe(Observation(key, text, "human"), bot, machine)
        worst["observing it"] = min(worst.get("observing it", 9.0), seen.longest)
        if max(worst.values()) <= STRETCH_S:
            return
    assert not {step: f"{spent * 1000:.0f} ms" for step, spent in worst.items() if spent > STRETCH_S}
