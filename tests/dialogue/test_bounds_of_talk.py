"""Bounds of a talk and of what an owner writes for it: each just below, at and just above."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.dialogue.engine import Dialogue
from app.dialogue.flow import stages
from app.dialogue.flow.lint import lint
from app.dialogue.flow.load import load_flows, parse
from app.dialogue.flow.model import Condition
from app.dialogue.policy.model import Policy
from app.dialogue.resources import load_yaml
from app.errors import ConfigError
from app.types import DialogueState
from tests.dialogue.conftest import NOON, Customer

Talk = Callable[..., Customer]


def words(dialogue: Dialogue, name: str) -> set[str]:
    found = dialogue.texts["ru"].data[name]
    return {found} if isinstance(found, str) else set(found)


# -- what was passed on

TROUBLES = ("верните деньги за тариф", "терминал сломался", "принтер не печатает", "сканер не работает")


def test_of_what_was_passed_on_the_newest_three_are_told(talk: Talk) -> None:
    said = talk(*TROUBLES, "что вы передали менеджеру?").steps[-1].statement or ""
    assert f"«{TROUBLES[1]}», «{TROUBLES[2]}», «{TROUBLES[3]}»" in said
    assert TROUBLES[0] not in said


@pytest.mark.parametrize(("length", "cut"), [(140, False), (141, True)])
def test_of_each_a_hundred_and_forty_characters_are_told(talk: Talk, length: int, cut: bool) -> None:
    trouble = f"терминал сломался и не включается{' совсем' * 20}"[:length].ljust(length, "м")
    said = talk(trouble, "что вы передали менеджеру?").steps[-1].statement or ""
    assert (trouble in said) is not cut
    assert ("…»" in said) is cut


def test_who_asks_a_price_beside_it_is_answered_that(talk: Talk) -> None:
    step = talk(TROUBLES[1], "сколько стоит сканер? и что вы передали менеджеру?").steps[-1]
    assert step.reason != "passed_on"
    assert step.query is not None


def test_where_nothing_calls_a_person_the_newest_message_is_what_was_passed_on(talk: Talk) -> None:
    said = talk("8 701 222 11 00", "у вас красивый сайт", "что вы передали менеджеру?").steps[-1].statement or ""
    assert "«у вас красивый сайт»" in said


# -- said once

ANGRY = "вы не отвечаете на вопросы, это ужасно"


@pytest.mark.parametrize(("said", "name"), [((), "frustration"), (("sorry",), "person_offer")])
def test_sorry_is_said_once_and_then_a_person_offered(dialogue: Dialogue, said: tuple[str, ...], name: str) -> None:
    state = DialogueState(flow="spin_selling", turns=1, said=("greeting", *said), seen_at=NOON.timestamp())
    step = Customer(dialogue, state).says(ANGRY)
    assert (step.reason, "sorry" in step.state.said) == ("frustration", True)
    assert step.statement in words(dialogue, name)


def test_who_refuses_messages_twice_is_answered_in_fewer_words(talk: Talk, dialogue: Dialogue) -> None:
    first, second = talk("не пишите мне больше", "не пишите мне больше").steps
    assert (first.reason, second.reason) == ("opt_out", "opt_out")
    assert first.statement in words(dialogue, "opt_out")
    assert second.statement in words(dialogue, "refusal_again")
    assert second.state.closed


def test_an_ok_behind_the_end_closes_softly(talk: Talk, dialogue: Dialogue) -> None:
    step = talk("спасибо, нам не нужно", "ок").steps[-1]
    assert (step.action, step.reason, step.question) == ("answer", "agreement", None)
    assert step.statement in words(dialogue, "soft_close")


# -- the number of a company

BIN = "010203040506"


def test_the_number_of_a_company_is_taken_and_a_contact_asked_for(talk: Talk, dialogue: Dialogue) -> None:
    step = talk(f"{BIN} выставьте счёт").steps[-1]
    assert (step.reason, step.query) == ("invoice", None)
    assert step.statement in words(dialogue, "requisites")
    assert step.state.pending and step.state.pending.slot == "contact"


def test_with_a_contact_at_hand_it_goes_to_a_person(talk: Talk) -> None:
    step = talk("мой номер 8 701 222 11 00", f"{BIN} это БИН").steps[-1]
    assert (step.action, step.reason) == ("handover", "invoice")


def test_a_price_asked_beside_it_is_looked_up(talk: Talk) -> None:
    assert talk(f"сколько стоит рост? БИН {BIN}").steps[-1].reason == "price"


@pytest.mark.parametrize("number", [BIN[:11], f"{BIN}7"])
def test_eleven_or_thirteen_digits_are_no_number_of_a_company(talk: Talk, number: str) -> None:
    assert talk(f"вот {number}").steps[-1].reason != "invoice"


# -- counts, flows and their switches


@pytest.mark.parametrize(("value", "counted"), [("999999", True), ("1000000", False), ("12а", False)])
def test_a_number_of_more_than_six_digits_counts_nothing(dialogue: Dialogue, value: str, counted: bool) -> None:
    found = dialogue.counted(DialogueState(slots={"company_size": value}))
    assert found == ({"сотрудников": value} if counted else {})


@pytest.mark.parametrize(("quantity", "other"), [("19", None), ("20", "consultative"), ("21", "consultative")])
def test_an_order_of_twenty_leads_to_advice(quantity: str, other: str | None) -> None:
    flow = load_flows()["transactional"]
    assert stages.switched(flow, DialogueState(slots={"quantity": quantity}), ()) == other


@pytest.mark.parametrize("value", ["", "много", "²0", "٢٠"])
def test_what_is_no_number_reaches_no_least(value: str) -> None:
    flow = load_flows()["transactional"]
    assert not flow.holds(Condition(at_least={"quantity": 1}), {"quantity": value}, {}, ())


@pytest.mark.parametrize(("turns", "closes"), [(13, False), (14, True), (15, True)])
def test_a_talk_without_order_closes_after_fourteen_turns(turns: int, closes: bool) -> None:
    flow = load_flows()["autonomous"]
    state = DialogueState(flow=flow.name, stage=flow.first, turns=turns)
    assert (stages.move(flow, state, (), None).stage == "offer") is closes


@pytest.mark.parametrize(("declined", "closes"), [(2, False), (3, True)])
def test_or_after_three_questions_that_were_not_answered(declined: int, closes: bool) -> None:
    flow = load_flows()["autonomous"]
    asked = dict.fromkeys(("need", "business_type", "pain_point")[:declined], 2)
    state = DialogueState(flow=flow.name, stage=flow.first, asked=asked)
    assert (stages.choose(flow, state, (), None) is None) is closes


def test_a_question_is_asked_twice_at_most() -> None:
    flow = load_flows()["spin_selling"]
    asked = [stages.askable(flow, DialogueState(asked={"shops": times}), "shops") for times in range(4)]
    assert asked == [True, True, False, False]


SOUND = load_yaml("flows", "transactional.yaml")


@pytest.mark.parametrize("name", ["transactional", "nowhere"])
def test_a_flow_switches_to_another_one_that_there_is(name: str) -> None:
    data = deepcopy(SOUND)
    data["switch"][0]["flow"] = name
    found = lint(parse(data, "x.yaml"), load_flows())
    assert found == [f"flow 'transactional': switches to {name!r}, which is no flow; correct the name"]


@pytest.mark.parametrize(("length", "long"), [(199, False), (200, False), (201, True)])
def test_a_question_has_two_hundred_characters_at_most(length: int, long: bool) -> None:
    data = deepcopy(SOUND)
    asks = next(row for row in data["stages"] if row.get("questions"))
    next(iter(asks["questions"].values()))["ru"] = ["а" * (length - 1) + "?"]
    assert any("is longer than 200 characters" in line for line in lint(parse(data, "x.yaml"))) is long


# -- what an owner writes into his policy


def policy(tmp_path: Path, text: str) -> Policy:
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    return Policy.load(tmp_path / "policy.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hours: {open: '25:00'}", "write the time in quotes"),
        ("hours: {open: '09:60'}", "write the time in quotes"),
        ("hours: {open: '9'}", "write the time in quotes"),
        ("hours: {close: 'nine'}", "write the time in quotes"),
        ("languages: ru", "write a list of ru, kk, en"),
        ("languages: []", "write a list of ru, kk, en"),
        ("languages: [ru, de]", "write a list of ru, kk, en"),
        ("texts: {de: {value: Wert}}", "the language is unknown; use one of ru, kk, en"),
        ("texts: {ru: {value: 5}}", "write a text or a list of texts"),
        ("texts: {ru: {value: ['']}}", "write a text or a list of texts"),
        ("texts: {ru: {value: [5]}}", "write a text or a list of texts"),
        ("texts: {ru: {value: 'Как? Что?'}}", "leave one question mark"),
        ("texts: {ru: {fallback: 'Не знаем. Позвать?'}}", "say it without a question"),
        ("questions: {shops: {de: ['Wie viele?']}}", "the language 'de' is unknown"),
        ("questions: {shops: {ru: ['Расскажите']}}", "needs exactly one `?`"),
        ("closed_notice: нет", "write `key: value` lines below it"),
        ("topics: [{name: a, action: answer, phrases: {de: [x]}, text: {ru: [да]}}]", "the language 'de' is unknown"),
        ("topics: [{name: a, action: answer, phrases: {ru: x}, text: {ru: [да]}}]", "write a list of patterns"),
        ("topics: [{name: a, action: answer, phrases: {ru: ['']}, text: {ru: [да]}}]", "is no pattern"),
        ("topics: [{name: a, action: answer, phrases: {ru: ['а.. б']}, text: {ru: [да]}}]", "runs a sign into a word"),
        ("topics: [{name: a, action: answer, phrases: {ru: ['^а']}, text: {ru: [да]}}]", "runs a sign into a word"),
        ("topics: [{name: a, action: answer, phrases: {ru: ['а$']}, text: {ru: [да]}}]", "runs a sign into a word"),
        ("topics: [{name: a, action: answer, text: {ru: [да]}}]", "has no intents and no phrases"),
        ("topics: [{name: a, action: answer, intents: [price]}]", "has no text in ru"),
        ("topics: [{action: answer, intents: [price], text: {ru: [да]}}]", "has no name"),
        ("topics: [{name: a, action: sing, intents: [price], text: {ru: [да]}}]", "the action 'sing' is unknown"),
        ("topics: [{name: a, action: answer, intents: [prise], text: {ru: [да]}}]", "did you mean 'price'"),
        ("discounts: [many]", "is no number"),
    ],
)
def test_a_slip_in_a_policy_is_named_with_the_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        policy(tmp_path, text)
    assert said in str(raised.value)
    assert "policy.yaml" in str(raised.value)


def test_the_end_of_a_day_may_be_written_as_twenty_four(tmp_path: Path) -> None:
    hours = policy(tmp_path, "hours: {open: '00:00', close: '24:00'}").hours
    assert hours is not None
    assert (hours.open, hours.close) == (hours.open.replace(0, 0), hours.open.replace(0, 0))


def test_a_topic_that_searches_needs_no_text(tmp_path: Path) -> None:
    made = policy(tmp_path, "topics: [{name: a, action: answer, intents: [price], search: true}]")
    assert made.topics[0].search


TOPIC = "topics: [{{name: own, action: answer, phrases: {{ru: ['{pattern}']}}, text: {{ru: [Наши слова.]}}}}]"


@pytest.mark.parametrize(
    ("pattern", "text", "met"),
    [
        ("альфа .. омега", "альфа омега", True),
        ("альфа .. омега", "альфа раз два три омега", True),
        ("альфа .. омега", "альфа раз два три четыре омега", False),
        ("кегли", "кегля", True),  # five letters: one may be another
        ("кегл", "кегр", False),
        ("кегли!", "кегля", False),
        ("кегля*", "кегрями", False),  # a beginning of five takes none
        ("кегляж*", "кеглюжами", True),
        ("^ альфа", "альфа есть?", True),
        ("^ альфа", "есть альфа?", False),
        ("альфа $", "есть альфа", True),
        ("альфа $", "альфа есть", False),
        ("альфа|бета", "нужна бета", True),
        ("альфа # штук", "альфа 7 штук", True),
        ("альфа # штук", "альфа много штук", False),
    ],
)
def test_patterns_are_met_as_the_page_says(tmp_path: Path, pattern: str, text: str, met: bool) -> None:
    made = policy(tmp_path, TOPIC.format(pattern=pattern))
    step = Customer(Dialogue.load(policy=made)).says(text)
    assert (step.topic == "own") is met


ALSO = """topics:
""" + "".join(
    f"  - {{name: t{n}, action: answer, also: true, phrases: {{ru: [{word}]}}, text: {{ru: [Ответ {word}.]}}}}\n"
    for n, word in enumerate(("лимон", "груша", "слива", "вишня"))
)


def test_three_topics_are_said_together_and_no_fourth(tmp_path: Path) -> None:
    customer = Customer(Dialogue.load(policy=policy(tmp_path, ALSO)))
    said = customer.says("лимон, груша, слива, вишня").statement or ""
    assert [word in said for word in ("лимон", "груша", "слива", "вишня")] == [True, True, True, False]


def test_a_state_is_not_changed_by_what_is_only_asked_of_it(dialogue: Dialogue) -> None:
    state = DialogueState(flow="spin_selling", slots={"shops": "3"})
    before: Any = replace(state)
    dialogue.known(state), dialogue.own_words(state), dialogue.counted(state), dialogue.wanted(state)
    assert state == before
