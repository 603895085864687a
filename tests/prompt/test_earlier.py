"""Figures that we named before: ours as long as the knowledge bears them out, and nobody else's."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.guardrail import check
from app.knowledge.retriever import Found, Retriever
from app.knowledge.sections import KnowledgeBase
from app.turn.bots import Bot
from app.turn.chain import guard_context, plan
from app.turn.prompting import bearing, named_before, with_prices
from app.types import Ask, Deciding, DialogueState, Exchange, Fact, Key, Passage, Section, Snapshot, Source, Step
from tests.prompt.situations import NOON, SETTINGS, default_bot

TODAY = date(2026, 3, 4)
KEY = Key("s", "u")


def shop(price: int = 4500) -> Retriever:
    facts = (Fact("Стрижка", Decimal(price), "KZT", "визит"), Fact("Укладка", Decimal(6000), "KZT", "визит"))
    sections = (Section("prices", f"Стрижка стоит {price} ₸, укладка 6000 ₸.", "c", facts=facts),)
    return Retriever(KnowledgeBase(sections, "v"), today=TODAY)


def said(*answers: str, source: Source = "machine") -> Snapshot:
    return Snapshot(
        KEY, history=tuple(Exchange("?", answer, source, revision=n) for n, answer in enumerate(answers, 1))
    )


def test_a_price_a_multiple_that_is_spelled_out_and_a_sum_are_ours() -> None:
    lines = ("Стрижка стоит 4 500 ₸.", "Три стрижки выйдут в 13 500 ₸.", "4 500 ₸ и 6 000 ₸, вместе 10 500 ₸.")
    for line in lines:
        assert named_before(said(f"Здравствуйте! {line} Записать вас?"), shop()) == (line,)


@pytest.mark.parametrize(
    "line", ["Стрижка стоит 4 900 ₸.", "Всё вместе 13 500 ₸.", "Вам подойдёт утро.", "4 500 ₸ и 777 ₸, вместе 9 000 ₸."]
)
def test_what_the_knowledge_does_not_bear_out_today_is_not_called_ours(line: str) -> None:
    assert named_before(said(line), shop()) == ()


def test_a_price_that_has_changed_since_is_forgotten() -> None:
    answered = said("Стрижка стоит 4 500 ₸.")
    assert named_before(answered, shop()) and named_before(answered, shop(5200)) == ()


@pytest.mark.parametrize("source", ["human", "fallback"])
def test_only_what_passed_the_guardrail_is_told(source: Source) -> None:
    assert named_before(said("Стрижка стоит 4 500 ₸.", source=source), shop()) == ()


def test_the_newest_two_are_told_oldest_first_each_once_and_none_that_is_shown_anyway() -> None:
    lines = ["Стрижка стоит 4 500 ₸.", "Укладка стоит 6 000 ₸.", "Две стрижки 9 000 ₸.", "Две укладки 12 000 ₸."]
    assert named_before(said(*lines, lines[3]), shop()) == tuple(lines[2:])
    assert named_before(said(*lines), shop(), "Мы пишем: Две укладки 12 000 ₸.") == tuple(lines[1:3])


def test_any_answer_is_read_without_an_error() -> None:
    odd = ("\ud800 4 500 ₸", "₸" * 3000, "", "0 ₸", "9" * 400 + " ₸", "\x00стрижка 4500 тенге")
    assert isinstance(named_before(said(*odd), shop()), tuple)


@pytest.fixture(scope="module")
def bot() -> Bot:
    return default_bot()


def test_a_draft_may_say_in_its_own_words_what_we_named_and_what_was_reckoned(bot: Bot) -> None:
    """Though the section is none of those that this turn has found."""
    answered = said("Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.")
    step = Step(
        "answer", "feature", DialogueState(flow="spin_selling", stage="situation"), ("feature",), query="гарантия"
    )
    warranty = next(section for section in bot.knowledge.sections if section.id == "hardware_warranty")
    found = Found((Passage(warranty, 1.0),))
    ask = Ask(KEY, "а гарантия есть?", "r")

    def ok(draft: str, snapshot: Snapshot, deciding: tuple[Deciding, ...] = ()) -> bool:
        planned = plan(
            step, found, ask, snapshot, bot, settings=SETTINGS, wants_prompt=True, deciding=deciding, now=NOON
        )
        return check(draft, guard_context(planned, ask, snapshot, bot)).ok

    draft = "Гарантия 12 месяцев. Напомним: «Рост» обойдётся в 14 900 ₸ в месяц."
    assert ok(draft, answered) and not ok(draft, Snapshot(KEY))
    sum_ = Deciding("sum", "Тариф «Рост»: 2 × 14 900 ₸ = 29 800 ₸ в месяц.", ("pricing_plan_rost",))
    assert ok("Два магазина на тарифе «Рост» обойдутся в 29 800 ₸ в месяц.", Snapshot(KEY), (sum_,))
    assert not ok("Два магазина на тарифе «Рост» обойдутся в 19 800 ₸ в месяц.", Snapshot(KEY), (sum_,))
    assert bearing((sum_,), Snapshot(KEY), bot.knowledge.current, TODAY, ())[0].section.id == "pricing_plan_rost"
    borne = [
        passage.section.id for passage in bearing((sum_,) * 9, answered, bot.knowledge.current, TODAY, found.passages)
    ]
    assert len(borne) == len(set(borne)) <= 6 and "hardware_warranty" not in borne


def test_who_we_are_may_be_said_and_the_rules_may_not(bot: Bot) -> None:
    ask = Ask(KEY, "кто вы?", "r")
    step = Step(
        "answer", "feature", DialogueState(flow="spin_selling", stage="situation"), ("about_us",), query="кто вы?"
    )
    planned = plan(step, Found(()), ask, Snapshot(KEY), bot, settings=SETTINGS, wants_prompt=True, now=NOON)
    context = guard_context(planned, ask, Snapshot(KEY), bot)
    sells = bot.knowledge.current.shop.sells
    assert sells in planned.prompt.system and sells not in context.system
    assert check(f"Это Dukenta. {sells}", context).ok
    rule = "Ты ничего не записываешь, не отправляешь, не бронируешь и не проверяешь: не говори, что сделал это."
    assert rule in planned.prompt.system and not check(rule, context).ok


def test_where_a_price_was_asked_and_none_found_the_list_of_prices_is_shown(bot: Bot) -> None:
    step = Step("answer", "price", DialogueState(), ("price",), query="какой тариф")
    other = tuple(Passage(s, 1.0) for s in bot.knowledge.sections if s.id in ("products_variants", "faq_company"))
    shown = with_prices(step, other, bot, TODAY, ())
    assert [p.section.id for p in shown][::2] == [p.section.id for p in other]
    assert len([fact for fact in shown[1].section.facts if fact.currency]) >= 3
    assert shown[1].section.language == "ru"
    kazakh = with_prices(replace(step, language="kk"), (), bot, TODAY, ())
    assert kazakh[0].section.language == "kk"
    late = with_prices(step, other, bot, date(2200, 1, 1), ())
    assert late == shown, "a list without an end holds for good"
    priced = tuple(Passage(s, 1.0) for s in bot.knowledge.sections if s.id == "hardware_rent")
    assert with_prices(step, priced, bot, TODAY, ()) == priced
    assert with_prices(replace(step, intents=("feature",)), other, bot, TODAY, ()) == other
    assert with_prices(step, other, bot, TODAY, (Deciding("price", "x"),)) == other


def test_what_has_ended_is_not_borne() -> None:
    fact = Fact("Стрижка", Decimal(4500), "KZT", "визит")
    section = Section("spring", "Стрижка стоит 4 500 ₸.", "c", facts=(fact,), valid_until=date(2026, 3, 10))
    ending = Retriever(KnowledgeBase((section,), "v"), today=TODAY)
    answered = said("Стрижка стоит 4 500 ₸.")
    assert [each.section.id for each in bearing((), answered, ending, TODAY, ())] == ["spring"]
    assert bearing((), answered, ending, date(2026, 3, 11), ()) == ()
