"""What bounds the models of a search and what an owner is told: each limit and each rule by itself."""

import asyncio
import threading
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from app.deadline import Deadline
from app.errors import ConfigError
from app.knowledge.bymeaning import MeaningSearch
from app.knowledge.contradictions import changes, contradictions
from app.knowledge.lexical import _grouped
from app.knowledge.lint import lint
from app.knowledge.models import Degraded, Model
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest, load
from app.knowledge.whereabouts import without_dates
from app.knowledge.worker import Worker
from app.types import Fact, Language, Section

TODAY = date(2026, 6, 1)


def fails() -> None:
    raise RuntimeError("out of memory")


async def refused(model: Model, deadline: Deadline | None = None) -> str:
    with pytest.raises(Degraded) as raised:
        await model.call(fails, deadline)
    return str(raised.value)


async def test_a_model_rests_after_three_failures_in_a_row_for_half_a_minute() -> None:
    worker = Worker("test")
    model = Model("dense", worker, 5, lambda part, reason: None)
    assert [await refused(model) for _ in range(5)] == ["dense:failed"] * 3 + ["dense:resting"] * 2
    assert model._breaker._pause_s == 30
    worker.close()


async def test_a_models_own_time_holds_though_the_turn_has_more() -> None:
    worker, release = Worker("test"), threading.Event()
    model = Model("dense", worker, 0.1, lambda part, reason: None)
    started = time.monotonic()
    with pytest.raises(Degraded, match="dense:timeout"):
        await model.call(lambda: release.wait(10), Deadline.after(60))
    assert time.monotonic() - started < 5
    assert model.rests, "it hangs"
    release.set()
    worker.close()


def test_a_message_that_leans_on_the_one_before_counts_mostly_with_it() -> None:
    whole, alone = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert MeaningSearch._together(whole, alone).tolist() == pytest.approx([0.7, 0.3])
    assert MeaningSearch._together(whole, None) is whole


@pytest.mark.parametrize(("many", "groups"), [(19, 1), (20, 2), (21, 2)])
def test_a_language_of_twenty_sections_tells_by_itself_what_its_words_are_worth(many: int, groups: int) -> None:
    def sections(language: Language, count: int) -> list[Section]:
        return [Section(f"{language}{n}", "текст", "c", language=language) for n in range(count)]

    assert len(_grouped([*sections("ru", 30), *sections("en", many)])) == groups


# -- by when, and where


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("можете привезти до пятницы", "можете привезти"),
        ("привезёте до конца этой недели", "привезёте"),
        ("привезёте до того самого как пятница", "привезёте до того самого как пятница"),
        ("can you bring it before the weekend", "can you bring it"),
        ("can you bring it by friday please", "can you bring it please"),
        ("сенбіге дейін жеткізесіз бе", "жеткізесіз бе"),
        ("до склада далеко?", "до склада далеко?"),
        ("работаете в пятницу?", "работаете в пятницу?"),
    ],
)
def test_by_when_is_no_part_of_what_is_asked_for(text: str, left: str) -> None:
    assert without_dates(text) == left


# -- what an owner reads before he publishes


def section(name: str, text: str, *facts: Fact) -> Section:
    return Section(name, text, "c", questions=("раз", "два", "три"), facts=facts, source=f"f:{name}")


def discount(percent: int, *conditions: str, applies_to: tuple[str, ...] = ("Тариф",)) -> Section:
    fact = Fact("Скидка", Decimal(percent), None, "%", kind="discount", min_quantity=Decimal(5),
                quantity_unit="магазин", applies_to=applies_to, conditions=conditions)  # fmt: skip
    return section("d", "t", fact)


def test_what_a_discount_is_on_and_under_which_condition_is_listed_with_its_change() -> None:
    before, after = discount(5, "первый визит"), discount(5)
    assert [(each.name, each.before, each.after) for each in changes([before], [after])] == [
        ("Скидка", "5 % from 5 магазин on Тариф if первый визит", "5 % from 5 магазин on Тариф")
    ]
    other = discount(5, "первый визит", applies_to=("Тариф", "Модуль"))
    assert [each.after for each in changes([before], [other])] == [
        "5 % from 5 магазин on Тариф, Модуль if первый визит"
    ]


@pytest.mark.parametrize(
    ("one", "other", "checks"),
    [
        ("Доставка стоит 500 ₸ в месяц.", "Доставка — 700 ₸", ["two-texts"]),
        ("Доставка стоит 500 ₸.", "Доставка — 700 ₸ в месяц", ["two-texts"]),
        ("Доставка стоит 500 ₸ в месяц.", "Доставка — 7 000 ₸ в год", []),
    ],
)
def test_a_period_that_is_left_unsaid_fits_any(one: str, other: str, checks: list[str]) -> None:
    assert [each.check for each in contradictions([section("a", one), section("b", other)])] == checks


@pytest.mark.parametrize(
    ("low", "high", "turned"), [("6", "5", True), ("5", "5", False), ("5", "6", False), ("5", None, False)]
)
def test_bounds_that_never_hold_are_an_error(low: str, high: str | None, turned: bool) -> None:
    fact = Fact("Тариф «Рост»", Decimal(900), "KZT", min_quantity=Decimal(low), max_quantity=high and Decimal(high))
    found = [(each.severity, each.check) for each in lint([section("a", "t", fact)], TODAY)]
    assert found == ([("error", "turned-bounds")] if turned else [])


def test_two_prices_without_a_unit_are_named_so() -> None:
    found = lint([section(n, "t", Fact("Доставка", Decimal(p), "KZT")) for n, p in (("a", 5), ("b", 6))], TODAY)
    assert [each.check for each in found if "(no unit)" in each.message] == ["two-prices"]


@pytest.mark.parametrize("code", ["ТЕН", "K1T", "KZ", "KZTT", "K T"])
def test_a_currency_is_three_latin_letters(tmp_path: Path, code: str) -> None:
    text = f"sections: [{{id: a, text: b, facts: [{{name: x, amount: 1, currency: {code}}}]}}]"
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="no currency; use an ISO code"):
        load(tmp_path)


def test_bounds_of_a_fact_may_be_left_empty(tmp_path: Path) -> None:
    text = "sections: [{id: a, text: b, facts: [{name: x, amount: 1, currency: KZT, min_quantity: , max_quantity: 4}]}]"
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    (fact,) = load(tmp_path).sections[0].facts
    assert (fact.min_quantity, fact.max_quantity) == (None, Decimal(4))


# -- how much of a conversation is searched


def shop(*sections: Section) -> Retriever:
    return Retriever(KnowledgeBase(sections, digest(sections)), today=TODAY)


DELIVERY = Section("delivery", "Доставка по городу за день.", "c", questions=("доставка",))
WARRANTY = Section("warranty", "Гарантия на сканеры год.", "c", questions=("гарантия",))


def test_of_the_message_before_two_thousand_characters_are_searched() -> None:
    found = shop(DELIVERY, WARRANTY)

    def seen(previous: str) -> str:
        return asyncio.run(found.explain("а сколько?", top_k=1, today=TODAY, previous=previous)).in_context

    assert "доставка" in seen("ну " * 660 + "доставка")
    assert "доставка" not in seen("ну " * 667 + "доставка")
