"""What decides a question: reckoned from the facts for who asks for it, said once, and never by two voices."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.composing.joining import joined
from app.fact import Fact
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.turn.compatible import compatible
from app.turn.deciding import what_decides
from app.types import Deciding, DialogueState, Exchange, Key, Passage, Section, Snapshot, Step
from loadtests.service import ROOT

TODAY = date(2026, 11, 30)
KEY = Key("B", "U")
STEP = Step(action="answer", reason="price", state=DialogueState(), intents=("price",), query="q")


@pytest.fixture(scope="module")
def shop() -> Retriever:
    return Retriever(load(ROOT / "kb"), today=TODAY)


def decided(shop: Retriever, text: str, *before: str, step: Step = STEP, today: date = TODAY) -> list[Deciding]:
    history = tuple(Exchange(said, "") for said in before)
    return list(what_decides(text, step, Snapshot(KEY, history=history), shop, today, counted={}))


def test_a_price_is_that_of_the_product_that_was_named(shop: Retriever) -> None:
    (found,) = decided(shop, "почём нынче весы")
    assert (found.kind, "89 900 ₸" in found.said) == ("price", True)
    assert found.sections


def test_what_was_counted_before_is_reckoned_with(shop: Retriever) -> None:
    (found,) = decided(shop, "и сколько получится на Росте за год?", "у меня четыре магазина")
    assert (found.kind, "596 000 ₸" in found.said) == ("sum", True)


def test_who_counts_again_is_reckoned_with_what_he_said_last(shop: Retriever) -> None:
    (found,) = decided(
        shop, "и сколько получится на Росте за год?", "у меня четыре магазина", "ой, то есть два магазина"
    )
    assert "298 000 ₸" in found.said and "596 000" not in found.said


def test_of_two_plans_in_one_sum_the_one_named_last_is_taken(shop: Retriever) -> None:
    (found,) = decided(shop, "сколько выйдет всё вместе?", "нужен Старт и ящик D-Box", "нет, лучше Рост")
    assert "«Рост»" in found.said and "«Старт»" not in found.said


def test_a_thousand_characters_of_a_message_are_reckoned_with(shop: Retriever) -> None:
    asked = "почём нынче весы"
    for before, heard in ((1000 - len(asked), True), (1000, False)):
        told = ("ну " * 400)[: before - 1] + " "
        assert any("89 900 ₸" in each.said for each in decided(shop, told + asked)) is heard


def test_his_own_sum_is_confirmed_or_put_right(shop: Retriever) -> None:
    (right,) = decided(shop, "14900*4 = 59600, верно?", "сколько стоит Рост")
    assert (right.kind, "59 600 ₸" in right.said) == ("confirmed", True)


@pytest.mark.parametrize(
    "text",
    ["14900*4 будет 60000?", "14900 x 4 это 60000, верно?", "4*14900 получается 60000 да?", "14900*4 = 60000",
     "14900*4 60000 болады ма", "14900*4 болады 60000", "14900 times 4 is 60000 right?"],
)  # fmt: skip
def test_a_wrong_sum_is_never_confirmed(shop: Retriever, text: str) -> None:
    found = decided(shop, text, "сколько стоит Рост")
    assert "confirmed" not in [each.kind for each in found], found
    assert not found or "59 600 ₸" in found[0].said


@pytest.mark.parametrize("intents", [("feature",), ("info",), ("thanks",)])
def test_who_asks_for_no_price_hears_none(shop: Retriever, intents: tuple[str, ...]) -> None:
    assert decided(shop, "на весах можно взвешивать крупу", step=replace(STEP, intents=intents)) == []


@pytest.mark.parametrize("lane", ["supplier", "trouble", "applicant", "paid", "emergency"])
def test_who_is_no_buyer_hears_no_price(shop: Retriever, lane: str) -> None:
    assert decided(shop, "весы сколько стоят", step=replace(STEP, intents=(lane, "price"))) == []


def test_a_right_sum_of_a_month_is_not_denied_to_who_asks_for_a_year(shop: Retriever) -> None:
    before = ("у меня четыре магазина", "сколько стоит Рост")
    for text in ("значит 59600 в месяц, а за год сколько?", "59 600 в месяц и 596 000 в год, верно?"):
        found = decided(shop, text, *before)
        assert "corrected" not in [each.kind for each in found], found
        assert any("59 600 ₸" in each.said for each in found)


def test_an_offer_that_is_over_decides_nothing() -> None:
    section = Section(
        "sofa", "Диван «Волна» стоит 90 000 ₸.", "c", "Диван «Волна»", ("сколько стоит диван волна",),
        valid_until=date(2026, 12, 1), facts=(Fact("Диван «Волна»", Decimal(90000), "KZT"),),
    )  # fmt: skip
    shop = Retriever(KnowledgeBase((section,), "v"), today=TODAY)
    for day in (TODAY, date(2026, 12, 1)):
        assert [found.kind for found in decided(shop, "сколько стоит диван волна", today=day)] == ["price"], (
            "its last day too"
        )
    assert decided(shop, "сколько стоит диван волна", today=date(2026, 12, 2)) == []


def passage(name: str, *questions: str, score: float = 1.0) -> Passage:
    return Passage(Section(name, f"Text of {name}.", "c", questions=questions), score)


A, B = passage("a"), passage("b")


def test_of_what_decides_and_the_passages_one_says_it() -> None:
    price, sums = Deciding("price", "A: 5", ("a",)), Deciding("sum", "2 × 5 = 10", ("a",))
    unknown = Deciding("not_known", "unknown")
    assert joined((), (A, B), asks_more=False) == ((), (A, B))
    assert joined((price,), (A, B), asks_more=False) == ((), (A, B)), "the owner's words hold the price"
    assert joined((price,), (B,), asks_more=False) == (("A: 5",), ())
    assert joined((sums,), (A, B), asks_more=False) == (("2 × 5 = 10",), ())
    assert joined((sums,), (A, B), asks_more=True) == (("2 × 5 = 10",), (B,))
    assert joined((unknown,), (A,), asks_more=False) == ((), (A,))
    assert joined((unknown,), (), asks_more=False) == (("unknown",), ())


def test_a_question_about_the_shop_is_answered_by_what_is_about_the_shop() -> None:
    office = passage("office", "где вы находитесь", "какой у вас адрес", score=1.0)
    customers = passage("customers", "можно ли вести базу покупателей с днями рождения", score=2.0)
    about = replace(STEP, intents=("feature", "about_us"), reason="feature")
    assert compatible(about, (customers, office)) == (office,)
    assert compatible(replace(STEP, reason="feature", intents=("feature",)), (customers, office)) == (customers, office)


def test_whoever_wants_to_be_shown_it_is_told_of_that_first() -> None:
    prices = passage("prices", "сколько стоит", score=2.0)
    trial = passage("trial", "можно попробовать бесплатно", "есть демо", score=1.0)
    demo = replace(STEP, intents=("demo",), reason="demo")
    assert compatible(demo, (prices, trial)) == (trial, prices)
    far = replace(trial, score=0.1)
    assert compatible(demo, (prices, far)) == (prices, far)
