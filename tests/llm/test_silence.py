"""A model that falls silent: how long it is waited for, and what two such calls say of its server."""

import asyncio
import time
from typing import Any

import pytest

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable
from app.health.readiness import model_part
from app.llm.ollama import Ollama
from app.telemetry import Telemetry
from tests.llm.test_ollama import PROMPT, RIGHT, SETTINGS
from tests.scripted import ScriptedModel, Turn, says, silent

BEGUN = '{"answer": "Рост стоит 14 900 ₸. '
UP, DOWN = "machine_model_up 1.0", "machine_model_up 0.0"


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry(b"key")


def backend(model: ScriptedModel, telemetry: Telemetry, *, degraded: bool = True, **turn: Any) -> Ollama:
    changed = {
        "llm": SETTINGS.llm.model_copy(update={"host": model.url, "watch_s": 0.02}),
        "turn": SETTINGS.turn.model_copy(update={"reserve_s": 0.1, "facts_after_s": 0.3, **turn}),
        "flags": SETTINGS.flags.model_copy(update={"degraded": degraded}),
    }
    return Ollama(SETTINGS.model_copy(update=changed), telemetry, Pace(), system=PROMPT.system)


async def given_up(speaks: Ollama, seconds: float = 20.0) -> tuple[Exception, float]:
    """What a call comes to and how long it took."""
    began = time.monotonic()
    with pytest.raises((ModelUnavailable, DeadlinePassed)) as error:
        await speaks.answer(PROMPT, Deadline.after(seconds))
    return error.value, time.monotonic() - began


async def until(speaks: Ollama, state: str) -> None:
    async with asyncio.timeout(10):
        while speaks.state().state != state:  # noqa: ASYNC110 the watch tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("turn", [silent, says('{"answer": "Рост сто', ends=False)], ids=["not a word", "mid-word"])
async def test_it_costs_no_more_than_the_facts_may_wait(telemetry: Telemetry, turn: Turn) -> None:
    async with ScriptedModel(turn) as model:
        speaks = backend(model, telemetry)
        error, seconds = await given_up(speaks)
        await model.until(lambda: model.open == 0)
        await speaks.close()
    assert isinstance(error, ModelUnavailable)
    assert error.reason == "hang"
    assert 0.25 < seconds < 1.5


async def test_who_writes_on_is_not_silent_however_long_it_takes(telemetry: Telemetry) -> None:
    pieces = [BEGUN, "В него ", "входят три ", "кассы и десять ", "сотрудников", '."}']
    async with ScriptedModel(says(*pieces, pause_s=0.15)) as model:
        speaks = backend(model, telemetry)
        draft = await speaks.answer(PROMPT, Deadline.after(20))
        await speaks.close()
    assert draft.ending == "ok"


async def test_whole_sentences_before_the_silence_are_said(telemetry: Telemetry) -> None:
    async with ScriptedModel(says(BEGUN, "В него вх", ends=False)) as model:
        speaks = backend(model, telemetry)
        draft = await speaks.answer(PROMPT, Deadline.after(20))
        await speaks.close()
    assert (draft.text, draft.ending) == ("Рост стоит 14 900 ₸.", "deadline")


async def test_without_the_flag_it_has_the_turns_whole_time(telemetry: Telemetry) -> None:
    async with ScriptedModel(silent) as model:
        speaks = backend(model, telemetry, degraded=False)
        error, seconds = await given_up(speaks, 1.0)
        await speaks.close()
    assert 0.8 < seconds < 1.5
    assert isinstance(error, ModelUnavailable)
    assert error.reason == "hang"


@pytest.mark.parametrize("degraded", [True, False])
async def test_after_two_in_a_row_it_counts_as_away_until_it_has_written_again(
    telemetry: Telemetry, degraded: bool
) -> None:
    class Hangs(ScriptedModel):
        """Its trials hang too, until it is well."""

        well = asyncio.Event()

        def _warmed(self, asked: dict[str, Any]) -> bytes | None:
            found = super()._warmed(asked)
            return found if found is None or self.well.is_set() or not self.hung else b""

        hung = False

    async with Hangs(silent, silent, says(*RIGHT)) as model:
        speaks = backend(model, telemetry, degraded=degraded)
        await speaks.open()
        await until(speaks, "warm")
        model.hung = True
        await given_up(speaks, 0.9)
        speaks.available()
        assert UP in telemetry.exposition().decode()
        await given_up(speaks, 0.9)
        assert DOWN in telemetry.exposition().decode()
        part = model_part(speaks.state())
        assert (part.level, "writes nothing" in part.detail) == ("error", True)
        with pytest.raises(ModelUnavailable) as away:
            speaks.available()
        assert away.value.reason == "hang"
        model.well.set()
        await until(speaks, "warm")
        speaks.available()
        assert (await speaks.answer(PROMPT, Deadline.after(10))).ending == "ok"
        assert UP in telemetry.exposition().decode()
        await speaks.close()


async def test_an_answer_between_two_of_them_says_that_it_lives(telemetry: Telemetry) -> None:
    async with ScriptedModel(silent, says(*RIGHT), silent) as model:
        speaks = backend(model, telemetry)
        await speaks.open()
        await given_up(speaks)
        await speaks.answer(PROMPT, Deadline.after(10))
        await given_up(speaks)
        speaks.available()
        assert UP in telemetry.exposition().decode()
        await speaks.close()


async def test_slow_to_the_deadline_is_late_and_not_hung(telemetry: Telemetry) -> None:
    """It writes all the time and no sentence of it is whole."""
    words = ['{"answer": "', *["слово "] * 40]
    async with ScriptedModel(*[says(*words, pause_s=0.05, ends=False)] * 2) as model:
        speaks = backend(model, telemetry)
        await speaks.open()
        for _ in range(2):
            error, _seconds = await given_up(speaks, 0.6)
            assert isinstance(error, DeadlinePassed | ModelUnavailable)
            assert error.reason != "hang"
        speaks.available()
        await speaks.close()
