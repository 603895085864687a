"""A whole turn with a model that writes well, badly or not at all: what goes out, what is counted, what is kept."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.capacity.quality import Quality
from app.errors import ModelUnavailable
from app.settings import load
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.record import TurnRecord
from app.turn.replay import replay
from app.types import Ask, Deciding, Draft, Key, Prompt
from tests.turn.test_speaking import Model, counted
from tests.turn.test_turn_guard import RIGHT, WRONG

PRICE = "Сколько стоит тариф Рост?"
EVASIVE = "Тариф «Рост» удобен, когда в магазине несколько продавцов."


class Prompted(Model):
    """Keeps what it was asked."""

    def __init__(self, *says: str | Exception) -> None:
        super().__init__(*says)
        self.asked: list[Prompt] = []

    async def answer(self, prompt: Prompt, deadline: Any) -> Draft:
        self.asked.append(prompt)
        return replace(await super().answer(prompt, deadline), aside=None)


async def said(
    bot: Bot, machine: Machine, model: Model, user: str = "77010000001", text: str = PRICE
) -> dict[str, Any]:
    ask = Ask(Key("BOT_1", user), text, "r1")
    body: dict[str, Any] = json.loads((await process(ask, bot, replace(machine, llm=model))).body)
    return body


async def record(machine: Machine, turn: int = 1) -> TurnRecord:
    found = await machine.store.recorded(turn)
    assert found is not None
    return TurnRecord.load(found.record)


@pytest.mark.parametrize(
    ("drafts", "how", "calls"),
    [
        ((RIGHT,), "passed", 1),
        ((EVASIVE,), "completed", 1),
        ((f"{RIGHT} Скидка 40 % до пятницы.",), "cut", 1),
        ((WRONG, RIGHT), "repaired", 2),
        (("Да", EVASIVE), "repaired", 2),
        ((WRONG, WRONG), "replaced", 2),
        (("Да", "Yes"), "replaced", 2),
    ],
)
async def test_each_way_out_says_what_decides_and_is_counted_and_kept(
    bot: Bot, machine: Machine, drafts: tuple[str, ...], how: str, calls: int
) -> None:
    model = Prompted(*drafts)
    reply = await said(bot, machine, model)
    assert "14 900 ₸" in reply["answer"].replace("\u00a0", " ") and "40 %" not in reply["answer"]
    assert len(model.asked) == calls
    assert counted(machine, f'machine_drafts_total{{outcome="{how}"}}')
    kept = await record(machine)
    assert (kept.how, kept.replaced) == (how, how == "replaced")
    assert ("guardrail" in reply["meta"]) is (how == "replaced")


async def test_what_is_missing_is_named_to_the_model_once(bot: Bot, machine: Machine) -> None:
    model = Prompted("Сейчас уточню цену.", RIGHT)
    assert (await said(bot, machine, model))["answer"] == RIGHT
    demand = model.asked[1].messages[-1].content
    assert "Не сказано:\nТариф «Рост»: 14 900 ₸ в месяц" in demand
    assert demand.count("14 900 ₸") == 1


async def test_the_prompt_says_that_what_was_reckoned_has_to_be_said(bot: Bot, machine: Machine) -> None:
    model = Prompted(RIGHT)
    await said(bot, machine, model)
    assert "Обязательно скажи то, что посчитано." in model.asked[0].messages[-1].content
    assert "Обязательно" not in model.asked[0].system


async def test_both_words_are_kept_and_a_record_of_before_is_read(bot: Bot, machine: Machine) -> None:
    await said(bot, machine, Prompted("Да", "Да"))
    found = await machine.store.recorded(1)
    assert found is not None
    kept = TurnRecord.load(found.record)
    assert kept.verdict.ok and {check for check, _ in kept.verdict.lacks} >= {"bare", "missing"}
    assert counted(machine, 'machine_guardrail_findings_total{check="bare"}')
    old = json.loads(json.dumps(found.record, default=str))
    del old["how"], old["verdict"]["lacks"]
    assert (TurnRecord.load(old).how, TurnRecord.load(old).verdict.lacks) == ("", ())


@pytest.mark.parametrize("drafts", [(EVASIVE,), (f"{RIGHT} Скидка 40 % до пятницы.",), ("Да", EVASIVE)])
async def test_a_turn_that_was_completed_or_cut_replays_equal(
    bot: Bot, machine: Machine, drafts: tuple[str, ...]
) -> None:
    model = Prompted(*drafts)
    await said(bot, machine, model)
    assert (await replay(1, replace(machine, llm=model))).differences == ()


@pytest.mark.parametrize("fault", ["loop", "foreign", "malformed", "empty"])
async def test_a_model_that_writes_nothing_usable_is_no_error(bot: Bot, machine: Machine, fault: str) -> None:
    reply = await said(bot, machine, Prompted(ModelUnavailable("nothing usable", reason=fault)))
    assert "14 900" in reply["answer"] and reply["meta"]["model"] == "extractive"
    assert counted(machine, 'machine_drafts_total{outcome="replaced"}')
    assert counted(machine, 'machine_guardrail_findings_total{check="unusable"}')


async def test_a_server_that_fails_still_is_one(bot: Bot, machine: Machine) -> None:
    with pytest.raises(ModelUnavailable):
        await said(bot, machine, Prompted(ModelUnavailable("gone", reason="refused")))


def resting(machine: Machine, clock: Any = None) -> Machine:
    quality = Quality(20, 0.5, 600, clock or (lambda: 0.0))
    for number in range(11):
        quality.judged(number, "untrue", ("amount",))
    return replace(machine, quality=quality)


@pytest.mark.parametrize("degraded", ["true", "false"])
async def test_while_it_rests_facts_answer_in_both_positions_of_the_flag(
    bot: Bot, machine: Machine, degraded: str
) -> None:
    model = Prompted()
    quiet = replace(resting(machine), settings=load(environ={"FF_degraded": degraded}))
    model._up = False
    reply = await said(bot, quiet, model)
    assert "14 900" in reply["answer"] and reply["meta"]["model"] == "extractive"
    assert model.asked == []
    assert counted(machine, 'machine_drafts_total{outcome="facts"}')


async def test_bad_drafts_of_many_customers_let_it_rest_and_good_probes_bring_it_back(
    bot: Bot, machine: Machine
) -> None:
    now = [0.0]
    working = replace(machine, quality=Quality(20, 0.5, 600, lambda: now[0]))
    for number in range(11):
        await said(bot, working, Prompted(WRONG, RIGHT), f"bad{number}")
    assert working.quality.resting and counted(machine, "machine_model_resting")
    assert working.quality.faults()[2]["amount"] == 11
    now[0] = 600.0
    for number in range(3):
        assert (await said(bot, working, Prompted(RIGHT), f"probe{number}"))["answer"] == RIGHT
    assert not working.quality.resting and not counted(machine, "machine_model_resting")


async def test_a_probe_that_cannot_be_made_is_answered_by_facts_and_made_again(bot: Bot, machine: Machine) -> None:
    now = [0.0]
    quiet = resting(machine, lambda: now[0])
    now[0] = 600.0
    reply = await said(bot, quiet, Prompted(ModelUnavailable("gone", reason="refused")), "probe")
    assert "14 900" in reply["answer"]
    assert (await said(bot, quiet, Prompted(RIGHT), "next"))["answer"] == RIGHT


async def test_a_price_is_not_asked_of_an_answer_to_something_else(bot: Bot, machine: Machine) -> None:
    from app.turn.deciding import wanted_of
    from app.types import DialogueState, Step

    price, term = Deciding("price", "Ящик: 22 900 ₸."), Deciding("term", "Гарантия 12 месяцев.")
    other = Step("answer", "feature", DialogueState(), ("feature",))
    asked = Step("answer", "feature", DialogueState(), ("feature", "price"))
    assert [wanted_of(each, other) for each in (price, term)] == [False, True]
    assert wanted_of(price, asked)


@pytest.mark.parametrize(
    ("draft", "word"), [(RIGHT, "good"), (EVASIVE, "incomplete"), (WRONG, "untrue")], ids=["right", "evasive", "wrong"]
)
async def test_each_draft_is_counted_as_what_it_is(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch, draft: str, word: str
) -> None:
    words: list[str] = []
    monkeypatch.setattr(machine.quality, "judged", lambda key, word, kinds=(): words.append(word))
    await said(bot, machine, Prompted(draft, RIGHT))
    assert words[0] == word
