"""Which figures of earlier answers are ours, which passages answer the kind of question, what is read back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from app.knowledge.retriever import Retriever
from app.knowledge.sections import load
from app.turn.adding import added_up
from app.turn.compatible import compatible
from app.turn.earlier import borne_out, figured, named
from app.turn.recalled import parser, recalled, without
from app.turn.reply import Meta, Reply
from app.types import DialogueState, Exchange, Handover, Key, Passage, Section, Snapshot, Step
from loadtests.service import ROOT

D = Decimal
PRICES = frozenset({D(500), D(1200)})


@pytest.mark.parametrize(
    ("sentence", "of"),
    [
        ("Лодка стоит 500 ₸.", {500}),
        ("Лодка 500 ₸, баня 1 200 ₸.", {500, 1200}),
        ("3 лодки: 1 500 ₸.", {500}),
        ("Лодка 500 ₸, баня 1 200 ₸, вместе 1 700 ₸.", {500, 1200}),
        ("Лодка 500 ₸, баня 1 200 ₸, вместе 1 800 ₸.", set()),
        ("Лодка 700 ₸.", set()),
        ("Лодка 500 ₸, а сауна 700 ₸.", set()),
        ("3 лодки: 1 600 ₸.", set()),
        ("Всего 500 лодок.", set()),
        ("Лодок много.", set()),
    ],
)
def test_a_sentence_is_ours_where_all_its_amounts_come_from_our_prices(sentence: str, of: set[int]) -> None:
    assert borne_out(sentence, PRICES) == {D(each) for each in of}


def test_a_price_of_nothing_bears_out_nothing() -> None:
    assert borne_out("Лодка 500 ₸.", frozenset({D(0)})) == frozenset()


def test_only_short_sentences_that_state_a_figure_are_said_again() -> None:
    long = "Лодка " + "очень " * 26 + "хороша 5."
    assert list(figured("Лодка  500\u00a0₸. Ждём вас! Берёте 2? Баня 1 200 ₸.")) == ["Лодка 500 ₸.", "Баня 1 200 ₸."]
    assert len(long) > 160
    assert list(figured(long)) == []
    assert list(figured(long.replace("очень ", "", 5))) != []


def test_the_newest_answers_of_the_machine_alone_are_remembered() -> None:
    ours, theirs = Exchange("q", "Лодка 500 ₸."), Exchange("q", "Лодка 500 ₸.", source="caller")
    idle = Exchange("q", "Ждём вас.")
    assert named([ours], PRICES) == {D(500)}
    assert named([ours, *[idle] * 5], PRICES) == {D(500)}
    assert named([ours, *[idle] * 6], PRICES) == frozenset()
    assert named([theirs], PRICES) == frozenset(), "who wrote it is not the machine"
    assert named([Exchange("q", "Ждём. " * 248 + "Лодка 500 ₸.")], PRICES) == {D(500)}
    assert named([Exchange("q", "Ждём. " * 250 + "Лодка 500 ₸.")], PRICES) == frozenset()
    assert named([Exchange("q", "2 лодки: 1 000 ₸.")], PRICES) == {D(1000)}


SHOP = Section(
    id="us", text="Мы на Абая.", category="c", title="О нас", questions=("какой у вас телефон", "кто вы такие")
)
GOODS = Section(
    id="phones", text="Держим номера.", category="c", title="Номера клиентов", questions=("можно ли хранить номера",)
)
BILL = Section(id="bill", text="Выставим.", category="c", title="Счёт", questions=("выставите счёт на оплату для тоо",))


def kept(intents: tuple[str, ...], *found: tuple[Section, float], reason: str = "feature") -> list[str]:
    step = Step("answer", reason, DialogueState(), intents=intents, query="q")
    return [each.section.id for each in compatible(step, [Passage(section, score) for section, score in found])]


def test_a_question_about_the_shop_is_answered_by_sections_about_the_shop() -> None:
    assert kept(("about_us",), (GOODS, 5), (SHOP, 4)) == ["us"]
    assert kept(("about_us", "price"), (GOODS, 5), (SHOP, 4)) == ["phones", "us"]
    assert kept(("about_us", "comparison"), (GOODS, 5), (SHOP, 4)) == ["phones", "us"]
    assert kept(("feature",), (GOODS, 5), (SHOP, 4)) == ["phones", "us"]


def test_the_sections_of_what_is_wanted_come_first_where_they_are_near() -> None:
    assert kept(("invoice",), (GOODS, 5), (BILL, 2)) == ["bill", "phones"]
    assert kept((), (GOODS, 5), (BILL, 2), reason="invoice") == ["bill", "phones"]
    assert kept(("invoice",), (GOODS, 5), (BILL, 1.9)) == ["phones", "bill"]
    assert kept(("demo",), (GOODS, 5), (BILL, 4)) == ["phones", "bill"]
    assert kept(("invoice",)) == []


@cache
def shop() -> Retriever:
    return Retriever(load(ROOT / "kb"), today=date(2026, 6, 1))


def said(*texts: str, counted: dict[str, str] | None = None) -> dict[str, Decimal | None]:
    history = tuple(Exchange(text, "") for text in texts)
    snapshot = Snapshot(Key("B", "U"), state=DialogueState(), history=history)
    return {item.key.split()[0]: item.count for item in recalled(snapshot, shop(), counted or {}).items}


def test_twenty_four_messages_are_read_back_and_the_beginning_of_each() -> None:
    named_, idle = "сканер D-Scan 1 беру", "понятно"
    assert said(named_, *[idle] * 23) == said(named_) != {}
    assert said(named_, *[idle] * 24) == {}
    assert said("и ещё вот так " * 22 + named_) == {}, "three hundred characters of each"
    long = "и ещё вот так " * 22
    assert said(named_, *[long] * 9) == said(named_), "nine of three hundred, and it"
    assert said(named_, *[long] * 10) == {}, "what is read back is bounded altogether"
    assert said("", named_) == said(named_)


def test_what_is_named_as_not_wanted_is_no_more_wanted() -> None:
    snapshot = Snapshot(
        Key("B", "U"), state=DialogueState(), history=(Exchange("Рост и сканер D-Scan 1, сколько", ""),)
    )
    both = recalled(snapshot, shop(), {})
    left = without(both, ("D-Scan 1",), shop())
    assert len(both.keys) == 2
    assert len(left.keys) == 1
    assert set(both.keys) - set(left.keys) == left.rejected
    assert not set(left.focus) & left.rejected
    assert without(both, ("погода",), shop()) == both


def test_who_adds_up_our_prices_is_told_whether_he_is_right() -> None:
    found = shop()

    def told(text: str, *answers: str) -> str:
        read, asked = parser(found)(text)
        history = [Exchange("q", answer) for answer in answers]
        made = added_up(read, asked, history, found.catalogue, "ru")
        return f"{made.kind} {made.amounts[0]:f}" if made else ""

    assert told("7900+14900=22800, верно?") == "confirmed 22800"
    assert told("7900+14900=23800, верно?") == "corrected 22800"
    assert told("7900+14901=22801, верно?") == "", "no price of ours"
    assert told("14900*2=29800, верно?") == "", "that is no adding up"
    assert told("29800+7900=37700, верно?") == ""
    assert told("29800+7900=37700, верно?", "2 магазина на тарифе «Рост»: 29 800 ₸ в месяц.") == "confirmed 37700"


def test_a_reply_says_what_it_knows_and_is_read_back_as_it_was() -> None:
    meta = Meta("m", 5, True, request_id="r", sections=("a",))
    packet = Handover("wish", "Пишет Оля.", {"имя": "Оля"}, "где вы?")
    assert replace(meta, handover=packet).dump()["handover"]["slots"] == {"имя": "Оля"}
    body = meta.dump()
    assert body["sections"] == ("a",)
    assert {"topic", "handover", "guardrail", "ending", "degraded", "timings", "calls"}.isdisjoint(body)
    reply = Reply.of("Да.", replace(meta, topic="t", calls=2))
    assert (reply.answer, reply.replayed, reply.meta) == ("Да.", False, replace(meta, topic="t", calls=2))
    assert Meta.load({**body, "of another release": 1}) == meta
