"""A product is recognised by any of its names, in any form; where several fit that is said, not guessed."""

import pytest

from app.figures.shop.catalogue import Catalogue
from app.figures.words import fold, same
from app.types import Fact, Section
from tests.figures.conftest import shop


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("тарифа Рост", "tarif rost"),
        ("на Росте", "tarif rost"),
        ("ростом довольны", "tarif rost"),
        ("«Рост» тарифіне", "tarif rost"),
        ("rost", "tarif rost"),
        ("Сети", "tarif set"),
        ("комплектом «Касса Старт»", "komplekt kasa start"),
        ("весов", "vesi d skale 15"),
        ("денежного ящика", "denežni ašik d boks"),
        ("денежный ящек", "denežni ašik d boks"),
        ("dscan сканер беспроводной", "skaner d skan 2"),
        ("беспроводного сканера", "skaner d skan 2"),
        ("принтера этикеток", "printer etiketok d label"),
        ("принтер с автоотрезом", "printer čekov d print 80"),
        ("модуля лояльности", "modul loalnost"),
        ("loyalnost", "modul loalnost"),
        ("ФДО қызметі", "uslugi ofd"),
        ("терминал в аренду", "arenda terminala d pos mini"),
    ],
)
def test_one_product_is_meant(text: str, key: str) -> None:
    assert key in {named.key for named in shop("sample").catalogue.named(text)}


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("сканер", {"skaner d skan 1", "skaner d skan 2"}),
        ("принтер чеков", {"printer čekov d print 58", "printer čekov d print 80"}),
        ("тариф", {"tarif start", "tarif rost", "tarif set"}),
    ],
)
def test_what_is_unclear_is_said_with_all_that_it_may_be(text: str, several: set[str]) -> None:
    (named,) = shop("sample").catalogue.named(text)
    assert not named.unique
    best = named.candidates[0][1]
    assert {key for key, score in named.candidates if score > best - 0.01} == several


@pytest.mark.parametrize(
    "text",
    ["здравствуйте", "растёт бизнес", "старый магазин", "я про другое", "оборудование", "спасибо", "сеть"[:2], ""],
)
def test_nothing_is_named(text: str) -> None:
    assert not [named for named in shop("sample").catalogue.named(text) if named.unique]


def test_a_mention_has_its_place_in_the_text() -> None:
    text = "а весы и тариф «Рост»?"
    found = shop("sample").catalogue.named(text)
    assert [text[n.start : n.end] for n in found] == ["весы", "тариф «Рост"]


def test_two_products_of_one_kind_are_two_mentions() -> None:
    assert [n.key for n in shop("sample").catalogue.named("Старт, Рост или Сеть")] == [
        "tarif start",
        "tarif rost",
        "tarif set",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("кассы", "касса"),
        ("этикеток", "этикетка"),
        ("беспроводного", "беспроводной"),
        ("тарифтерге", "тариф"),
        ("дүкендер", "дүкен"),
    ],
)
def test_forms_of_one_word_are_the_same(one: str, other: str) -> None:
    assert same(fold(one), fold(other))


@pytest.mark.parametrize(
    ("one", "other"), [("касса", "кассир"), ("старт", "старый"), ("стол", "столик"), ("цена", "ценник")]
)
def test_words_of_one_root_are_not(one: str, other: str) -> None:
    assert not same(fold(one), fold(other))


def test_prices_of_one_product_stand_together_over_sections_and_languages() -> None:
    offer = shop("sample").catalogue.get("tarif rost")
    assert offer is not None
    assert {"pricing_overview", "pricing_overview_kk", "pricing_year"} <= set(offer.sections)
    assert [(str(p.amount), p.fact.period) for p in offer.prices] == [("14900", "month"), ("149000", "year")]


def test_another_name_is_joined_by_the_product_field() -> None:
    def fact(name: str, amount: int, product: str | None = None, period: str = "month") -> Fact:
        from decimal import Decimal

        return Fact(name, Decimal(amount), "KZT", None, period, product)  # type: ignore[arg-type]

    section = Section(id="a", text="x", category="c", facts=(fact("Йога", 9000), fact("За год", 90000, "Йога", "year")))
    (offer,) = Catalogue.of((section,)).offers
    assert (offer.name, len(offer.prices)) == ("Йога", 2)


def test_an_expired_section_sells_nothing() -> None:
    from datetime import date
    from decimal import Decimal

    section = Section(
        id="a", text="x", category="c", valid_until=date(2026, 1, 1), facts=(Fact("Йога", Decimal(9), "KZT"),)
    )
    assert Catalogue.of((section,), date(2026, 1, 2)).offers == ()
    assert len(Catalogue.of((section,), date(2026, 1, 1)).offers) == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("can I start on Monday with it", 0),
        ("how do we start", 0),
        ("how much is Start for two shops", 1),
        ("тариф старт сколько", 1),
    ],
)
def test_a_thing_that_is_done_is_no_name(text: str, names: int) -> None:
    found = shop("sample").catalogue.named(text)
    assert len([each for each in found if each.own and each.key is not None]) == names
