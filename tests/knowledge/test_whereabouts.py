"""Where somebody is says nothing of what he asks, unless it is what he asks."""

from datetime import date

import pytest

from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.knowledge.whereabouts import is_name, without_names
from loadtests.service import ROOT

TODAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def sample() -> Retriever:
    base: KnowledgeBase = load(ROOT / "kb")
    return Retriever(base, today=TODAY)


@pytest.mark.parametrize(
    "word", ["Кокшетау", "кокшетауға", "Karagandu", "в", "Таразе", "taldyqorganga", "Москве", "Айгуль"]
)
def test_names_are_known_in_their_forms_and_letters(word: str) -> None:
    assert is_name(word) == (word != "в")


@pytest.mark.parametrize(
    "word", ["таразы", "марта", "рудник", "костюм", "алмазы", "актив", "семья", "android", "д" * 60]
)
def test_words_that_only_begin_like_a_name_are_none(word: str) -> None:
    assert not is_name(word)


def test_what_is_no_name_stays_as_it_is() -> None:
    assert without_names("сколько стоит касса, и где купить?") == "сколько стоит касса, и где купить?"


@pytest.mark.parametrize(
    ("asked", "section"),
    [
        ("в Павлодар доставляете?", "hardware_delivery"),
        ("доставка в Жезказган есть", "hardware_delivery"),
        ("Атырауға жеткізіп бересіздер ме", "hardware_delivery_kk"),
        ("is there delivery to Aktobe", "hardware_delivery_en"),
        ("гарантия в Семее действует?", "hardware_warranty"),
        ("мы из Костаная, подключаете?", "regions_kazakhstan"),  # the place is what is asked of
        ("офис в Алматы где находится", "faq_office"),
    ],
)
def test_the_place_decides_only_where_nothing_else_does(sample: Retriever, asked: str, section: str) -> None:
    found = sample.search(asked, top_k=3, today=TODAY)
    assert found
    assert found[0].section.id == section
