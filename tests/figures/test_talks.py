"""The running order over a conversation: what is in it, its counts, its one total, and his own sums held against it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.figures.talk.basket import heard
from app.turn.recalled import parser
from tests.figures.conftest import shop
from tests.thrift import parsed
from tests.turn.test_wanted_over_turns import STEP, basket, said
from tests.turn.test_wanted_over_turns import shop as retriever

CASES = parsed((Path(__file__).parent / "talks.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{kind}-{case['talk'][-1]}") for kind, cases in CASES.items() for case in cases]
)
def test_what_a_talk_comes_to(case: dict[str, Any]) -> None:
    reason = case.get("reason", STEP.reason)
    step = replace(STEP, language=case.get("language", "ru"), reason=reason, intents=(reason,))
    text = said(*case["talk"], name=case.get("shop", "sample"), step=step)
    assert [part for part in case.get("holds", ()) if part not in text] == [], text
    assert [part for part in case.get("lacks", ()) if part in text] == [], text


def test_a_kit_holds_what_its_own_section_names() -> None:
    contents = shop("coffee").catalogue.contents
    assert set(contents) == {"nabor dom"}
    assert {key.split()[0] for key in contents["nabor dom"].keys} == {"kofemolka", "voronka", "vesi"}
    assert set(shop("sample").catalogue.contents["komplekt kasa start"].said) == {"ru", "kk", "en"}


@pytest.mark.parametrize("name", ["salon", "school", "furniture", "flowers"])
def test_a_shop_without_kits_has_no_contents(name: str) -> None:
    assert not shop(name).catalogue.contents


def test_a_new_list_leaves_nothing_of_the_old_one() -> None:
    talk = ("беру весы, ящик D-Box и D-Label", "нет, считайте заново: D-Scan 1, D-Print 58 и Рост")
    assert {key.split()[0] for key in basket(*talk).keys} == {"skaner", "printer", "tarif"}
    assert len(basket(*talk).keys) == 3


def test_a_carried_plan_goes_with_what_takes_it_back() -> None:
    now = basket("у нас 1 касса. весы и D-Label, вместе с тарифом сколько?")
    assert now.plan
    catalogue, parse = retriever("sample").catalogue, parser(retriever("sample"))
    assert not heard("тариф не нужен, итого?", now, catalogue, parse).after.plan
    assert heard("ящик D-Box добавьте", now, catalogue, parse).after.plan
