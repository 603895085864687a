"""Who asks in another everyday word for the same thing finds what is said of it."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.synonyms import Synonyms
from app.types import Section

TODAY = date(2026, 6, 1)
SHOP = (
    Section("delivery", "Доставка по городу стоит 900 ₸ и занимает два дня.", "c", title="Доставка"),
    Section("repair", "Ремонт занимает неделю, цену скажем после осмотра.", "c", title="Ремонт"),
    Section("staff", "Для сотрудников есть свои пропуска.", "c", title="Сотрудники"),
    Section("trial", "Пробное занятие длится час.", "c", title="Пробное занятие"),
    Section("sewing", "Пошив штор и чехлов занимает десять дней.", "c", title="Пошив"),
    Section("advance", "Предоплата нужна только за ткань на заказ.", "c", title="Предоплата"),
    Section("hours", "Мы здесь с девяти до шести.", "c", title="Режим"),
    Section("shipping_en", "Delivery takes two days within the city.", "c", title="Delivery", language="en"),
    Section("staff_en", "Employees have passes of their own.", "c", title="Employees", language="en"),
)
ROWS = yaml.safe_load(Path("app/knowledge/synonyms.yaml").read_text("utf-8"))


def first(text: str) -> str:
    found = Retriever(KnowledgeBase(SHOP, digest(SHOP)), today=TODAY).search(text, top_k=3, today=TODAY)
    return found[0].section.id if found else ""


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("за сколько дней привезёте?", "delivery"),
        ("а вы везёте на дом?", "delivery"),
        ("чините такое?", "repair"),
        ("шторы шьёте?", "sewing"),
        ("деньги вперёд брать будете?", "advance"),
        ("работникам что положено?", "staff"),
        ("хочу попробовать", "trial"),
        ("do you ship?", "shipping_en"),
        ("what about the workers?", "staff_en"),
    ],
)
def test_another_everyday_word_finds_it(text: str, section: str) -> None:
    assert first(text) == section


def test_an_everyday_word_is_no_slip_of_another() -> None:
    shop = (*SHOP, Section("lead", "Ведём бухгалтерию, ведете вы только кассу.", "c", title="Бухгалтерия"))
    found = Retriever(KnowledgeBase(shop, digest(shop)), today=TODAY).search("везёте когда?", top_k=3, today=TODAY)
    assert found[0].section.id == "delivery"


def test_a_word_that_the_sections_have_is_not_searched_by_another() -> None:
    shop = (*SHOP, Section("courier", "Курьер приходит с документами к бухгалтеру.", "c", title="Курьер"))
    found = Retriever(KnowledgeBase(shop, digest(shop)), today=TODAY).search("курьер придёт?", top_k=3, today=TODAY)
    assert found[0].section.id == "courier"


@pytest.mark.parametrize("language", ROWS)
def test_a_beginning_of_a_word_is_long_enough_to_mean_it(language: str) -> None:
    for row in ROWS[language]:
        short = [word for word in row.split() if not word.endswith(".") and len(word) < 3]
        assert not short, (row, json.dumps(short, ensure_ascii=False))


def test_a_word_of_two_rows_means_both() -> None:
    known = Synonyms(["ab abc.", "abc. xyz"])
    assert known.of("abc") == {0, 1}
    assert known.of("abd") == {0}
    assert known.of("q") == frozenset()
