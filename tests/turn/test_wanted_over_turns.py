"""What is wanted over a conversation: what is taken back, chosen and put right, and the one total of the rest."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.talk.basket import NOTHING, Basket, heard
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load, parse_file
from app.turn.deciding import what_decides
from app.turn.recalled import parser
from app.types import Deciding, DialogueState, Exchange, Key, Snapshot, Step
from loadtests.service import ROOT
from tests.figures.conftest import HERE
from tests.thrift import parsed

TODAY = date(2026, 6, 1)
STEP = Step(
    action="answer", reason="price", state=DialogueState(priced=True), intents=("price",), query="q", language="ru"
)
ASKS = Step(action="answer", reason="feature", state=DialogueState(), intents=("feature",), query="q", language="ru")


@cache
def shop(name: str) -> Retriever:
    if name == "sample":
        return Retriever(load(ROOT / "kb"), today=TODAY)
    return Retriever(KnowledgeBase(tuple(parse_file(HERE / "shops" / f"{name}.yaml")), "v"), today=TODAY)


def decided(text: str, *before: str, name: str = "sample", step: Step = STEP) -> list[Deciding]:
    history = tuple(Exchange(said, "") for said in before)
    snapshot = Snapshot(Key("B", "U"), state=step.state, history=history)
    return list(what_decides(text, step, snapshot, shop(name), TODAY, counted={}))


def said(*talk: str, name: str = "sample", step: Step = STEP) -> str:
    return " ".join(each.said for each in decided(talk[-1], *talk[:-1], name=name, step=step)).replace("\xa0", " ")


def basket(*talk: str, name: str = "sample") -> Basket:
    now = NOTHING
    for text in talk:
        now = heard(text, now, shop(name).catalogue, parser(shop(name))).after
    return now


@pytest.mark.parametrize(
    ("talk", "holds", "lacks"),
    [
        (("Рост и ТСД сколько вместе", "ТСД не надо, сколько тогда?"), "14 900", "149 000 ₸;"),
        (("Рост и ТСД сколько вместе", "уберите ТСД", "итого?"), "14 900", "163 900"),
        (("Сеть и ящик D-Box почём", "без ящика. сколько за 2 магазина?"), "49 800", "22 900"),
        (("Старт пен D-Scan 1 қанша", "сканер керек емес, барлығы қанша"), "7 900", "24 900"),
        (("Rost and D-Hand 5 total", "I don't need the D-Hand, total now?"), "14 900", "163 900"),
    ],
)
def test_what_is_taken_back_is_in_no_later_sum(talk: tuple[str, ...], holds: str, lacks: str) -> None:
    text = said(*talk)
    assert holds in text and lacks not in text


def test_what_was_taken_back_stays_away_until_it_is_named_again() -> None:
    talk = ("Рост и весы, всё вместе сколько", "весы не нужны", "ящик D-Box добавьте")
    assert {key.split()[0] for key in basket(*talk).keys} == {"tarif", "denežni"}
    assert "89 900" not in said(*talk, "сколько всего?")
    assert "89 900" in said(*talk, "нет, весы всё же возьму. сколько всего?")


@pytest.mark.parametrize(
    ("talk", "total"),
    [
        (("принтер чеков почём", "80 возьму и Рост, сколько вместе"), "69 800 ₸"),
        (("сканеры сколько стоят", "второй, плюс Старт, итого"), "47 800 ₸"),
        (("почём терминал", "Mini, и Рост к нему, общая сумма?"), "143 900 ₸"),
        (("Рост и сканер сколько", "проводной. итого?"), "39 800 ₸"),
        (("сканерлер қанша", "екіншісін аламын, Рост қосып барлығы қанша"), "54 800 ₸"),
        (("D-Print 58 и ящик D-Box итого", "нет, лучше D-Print 80. итого"), "77 800 ₸"),
    ],
)
def test_a_choice_narrows_what_was_offered(talk: tuple[str, ...], total: str) -> None:
    assert total in said(*talk)


@pytest.mark.parametrize(
    ("talk", "total"),
    [
        (("3 сканера D-Scan 1 и Рост сколько всего", "один сканер уберите. итого?"), "64 700 ₸"),
        (("5 сканеров D-Scan 2 сколько", "не 5, а 4"), "159 600 ₸"),
        (("Сеть на 5 магазинов сколько", "ой, не 5, а 4 магазина"), "99 600 ₸"),
        (("нужен Старт и вторая касса, сколько вместе",), "10 800 ₸"),
    ],
)
def test_a_number_is_put_right(talk: tuple[str, ...], total: str) -> None:
    assert total in said(*talk)


def test_who_has_one_till_hears_of_no_other() -> None:
    more = re.compile(r"(?<!\d)2 900")
    assert not more.search(said("у меня одна касса и один магазин", "Рост и ящик, сколько всего?"))
    assert not more.search(said("у нас 2 кассы, Старт почём", "доп кассу не берём, сколько тогда"))


@pytest.mark.parametrize(
    ("talk", "total"),
    [
        (("Рост и ящик D-Box, сколько на первый месяц",), "22 900 + 14 900 = 37 800 ₸"),
        (("Старт и весы: одной суммой",), "89 900 + 7 900 = 97 800 ₸"),
        (("бірінші айға қанша: Рост пен D-Scan 1",), "24 900 + 14 900 = 39 800 ₸"),
        (("Start with a D-Box, total for the first month",), "22 900 + 7 900 = 30 800 ₸"),
        (("Рост на год сколько", "добавьте D-Scan 2, итого?"), "39 900 + 149 000 = 188 900 ₸"),
        (("D-Print 80 почём", "вместе с доставкой сколько выйдет?"), "57 900 ₸"),
    ],
)
def test_one_total_with_what_is_paid_first(talk: tuple[str, ...], total: str) -> None:
    assert total in said(*talk)


def test_instalments_stand_beside_what_is_paid_every_month() -> None:
    text = said("Комплект «Касса Старт» и Рост", "комплект в рассрочку, сколько в месяц вместе с тарифом?")
    assert "31 500 + 14 900 = 46 400 ₸" in text and "потом 14 900 ₸" in text


@pytest.mark.parametrize(
    ("text", "kind"),
    [("37800 верно?", "confirmed"), ("выходит 37800?", "confirmed"), ("значит 39000?", "corrected")],
)
def test_his_sum_is_of_all_that_he_wants(text: str, kind: str) -> None:
    (found,) = decided(text, "Рост и ящик D-Box сколько вместе")
    assert found.kind == kind and "37 800" in found.said.replace("\xa0", " ")


@pytest.mark.parametrize(
    "text",
    ["189000 разово или каждый месяц?", "189 000 частями можно?", "189000 и обучение туда входит?",
     "189000 дороговато. а скидка есть?"],
)  # fmt: skip
def test_an_amount_beside_another_question_is_not_confirmed(text: str) -> None:
    kinds = [each.kind for each in decided(text, "сколько стоит Комплект «Касса Старт»")]
    assert "confirmed" not in kinds and "corrected" not in kinds


@pytest.mark.parametrize(
    ("talk", "holds"),
    [
        (("перенос данных почём", "это разово?"), "30 000 ₸ один раз"),
        (("Рост сколько", "это разово или ежемесячно?"), "14 900 ₸ в месяц"),
        (("Комплект «Касса Старт» қанша", "бұл ай сайын ба әлде бір рет пе?"), "189 000 ₸ один раз"),
    ],
)
def test_whether_it_is_paid_once_or_again(talk: tuple[str, ...], holds: str) -> None:
    assert holds in said(*talk, step=ASKS)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("разница в цене Роста и Сети", "10 000 ₸ в месяц"),
        ("на сколько D-Print 80 дороже D-Print 58", "25 000 ₸"),
        ("какая разница между сканерами по цене", "15 000 ₸"),
    ],
)
def test_two_prices_and_how_far_they_are_apart(text: str, holds: str) -> None:
    assert f"Разница {holds}" in said(text)


def test_nobody_pays_ten_months_for_ten_where_a_year_costs_as_much() -> None:
    assert "79 000 ₸ в год" in said("Старт на 10 месяцев сколько")


@pytest.mark.parametrize(
    "text",
    ["почём ваша программа", "связь и интернет у нас слабые. сколько программа в месяц?", "жүйе қанша тұрады",
     "how much do you charge a month, our internet is slow", "сколько у вас касса стоит"],
)  # fmt: skip
def test_a_bare_price_is_that_of_the_main_offer(text: str) -> None:
    found = said(text)
    assert "7 900 ₸" in found and not re.search(r"(?<!\d)(3 900|2 900|60 000)", found)


def test_another_price_beside_a_question_is_not_repeated() -> None:
    assert decided("а кто платит за вывеску? и сколько", "сколько стоит Рост") == []


@pytest.mark.parametrize(
    "text", ["после 14 дней сколько Рост", "одной цифрой: Рост сколько", "14 күннен кейін Рост қанша"]
)
def test_a_word_that_is_no_thing_has_no_unknown_price(text: str) -> None:
    assert [each.kind for each in decided(text)] == ["price"]


def test_other_shops_too() -> None:
    assert "39 200" not in said(
        "кровать Вереск и матрас Облако сколько всего", "кровать не надо. итого", name="furniture"
    )
    assert "19 000 ₸" in said("маникюр почём", "и педикюр добавьте. сколько вместе?", name="salon")


WORDS = [
    "Рост",
    "D-Scan 2",
    "сканер",
    "не надо",
    "без",
    "уберите",
    "один",
    "второй",
    "80",
    "итого",
    "?",
    ".",
    "а",
    "не",
]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=5))
def test_what_is_taken_back_is_not_wanted(talk: list[str]) -> None:
    now = basket(*talk)
    assert not now.rejected & set(now.keys)
    assert all(item.count is None or item.count > 0 for item in now.items)


@given(st.text(max_size=120))
def test_any_text_is_heard(text: str) -> None:
    heard(text, basket("Рост и сканер"), shop("sample").catalogue, parser(shop("sample")))


TALKS = parsed(Path(__file__).with_name("talks.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "case"), [pytest.param(name, case, id=case["talk"][-1]) for name, cases in TALKS.items() for case in cases]
)
def test_what_a_talk_comes_to(name: str, case: dict[str, Any]) -> None:
    now = basket(*case["talk"], name=name)
    found = {
        "holds": [
            f"{item.key}{f' x{item.count.normalize():f}' if item.count is not None else ''}{'+' if item.taken else ''}"
            for item in now.items
        ],
        "told": {unit: f"{number.normalize():f}" for unit, number in now.told},
        "months": f"{now.months.normalize():f}" if now.months is not None else None,
        "rejected": sorted(now.rejected),
    }
    assert {key: value for key, value in found.items() if value or key == "holds"} == case["is"]
    decided_ = decided(case["talk"][-1], *case["talk"][:-1], name=name)
    assert [f"{each.kind}: {each.said}".replace("\xa0", " ") for each in decided_] == case["said"]
