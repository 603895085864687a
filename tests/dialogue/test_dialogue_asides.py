"""What a model may report behind its answer, and what of it is believed: no more than the customer's own words bear out."""

from typing import Any

import pytest

from app.dialogue import Dialogue
from app.dialogue.slots.aside import DUE, OFFERED
from app.types import Aside, DialogueState, Pending

BANT = DialogueState(flow="bant")


def of(**fields: Any) -> DialogueState:
    return DialogueState(flow="bant", **fields)


@pytest.mark.parametrize(
    ("state", "asked"),
    [
        (of(), ("budget", "authority", "need", "name")),
        (of(slots={"name": "Оля"}), ("budget", "authority", "need", "timeline")),
        (of(slots={"budget": "1000"}), ("authority", "need", "timeline", "name")),
        (of(pending=Pending("timeline")), ("timeline", "budget", "authority", "name")),
        (of(pending=Pending("name")), ("name", "budget", "authority", "need")),
        (of(asked={"timeline": 1}), ("timeline", "budget", "authority", "name")),
        (of(asked={"timeline": 1}, pending=Pending("need")), ("need", "timeline", "budget", "name")),
        (DialogueState(flow="spin_selling"), ("pain_point", "pain_impact", "desired_outcome", "name")),
        (DialogueState(), ()),
        (DialogueState(flow="gone"), ()),
    ],
)
def test_what_a_model_is_asked_for(dialogue: Dialogue, state: DialogueState, asked: tuple[str, ...]) -> None:
    assert dialogue.wanted(state) == asked


@pytest.mark.parametrize(
    ("slots", "said", "heard"),
    [
        ({"need": "теряем товар"}, "мы всё время теряем товар", {"need": "теряем товар"}),
        ({"need": "потеря товаров"}, "теряем товар", {"need": "потеря товаров"}),
        ({"need": "потеря денег быстро"}, "теряем товар", {}),
        ({"budget": "50 тысяч"}, "есть 50 тысяч", {"budget": "50 тысяч"}),
        ({"budget": "60 тысяч"}, "есть 50 тысяч", {}),
        ({"need": ""}, "теряем товар", {}),
        ({"need": "товар " * 200}, "теряем товар", {}),
        ({"shops": "3"}, "у нас 3 магазина", {}),
        ({"dancing": "товар"}, "товар", {}),
        ({"name": "Оля"}, "это Оля", {"name": "Оля"}),
        ({"name": "оля"}, "это Оля", {"name": "оля"}),
        ({"name": "Ольга"}, "это ольга", {"name": "Ольга"}),
        ({"name": "Касса"}, "нужна касса", {}),
        ({"name": "Оля"}, "нужна касса", {}),
        ({"name": "Оля 5"}, "это Оля 5", {}),
        ({"name": "Оля", "need": "товар"}, "Оля, теряем товар", {"name": "Оля", "need": "товар"}),
    ],
)
def test_what_is_believed(dialogue: Dialogue, slots: dict[str, str], said: str, heard: dict[str, str]) -> None:
    assert dialogue.told(BANT, Aside(slots), [said]).slots == heard


def test_what_is_known_is_never_replaced_and_several_messages_bear_out(dialogue: Dialogue) -> None:
    known = of(slots={"need": "скорость"})
    assert dialogue.told(known, Aside({"need": "теряем товар"}), ["теряем товар"]).slots == {"need": "скорость"}
    heard = dialogue.told(BANT, Aside({"need": "теряем товар"}), ["у нас беда", "товар теряем"])
    assert heard.slots == {"need": "теряем товар"}
    assert dialogue.told(DialogueState(flow="gone"), Aside({"need": "товар"}), ["товар"]) == DialogueState(flow="gone")


@pytest.mark.parametrize(
    ("state", "said", "wish"),
    [
        (BANT, "дайте живого человека", "borne_out"),
        (BANT, "сколько стоит доставка", "offered"),
        (of(said=(DUE,)), "сколько стоит доставка", "unborne"),
        (of(said=(OFFERED,)), "сколько стоит доставка", "unborne"),
        (of(said=(OFFERED,)), "дайте живого человека", "borne_out"),
        (of(handed_over=True), "дайте живого человека", "met"),
        (of(closed=True), "дайте живого человека", "met"),
        (of(wants_person=True), "сколько стоит доставка", "met"),
    ],
)
def test_a_person_is_called_on_the_customers_words_and_at_most_offered_on_a_models(
    dialogue: Dialogue, state: DialogueState, said: str, wish: str
) -> None:
    assert dialogue.wish(state, Aside(human=True), [said]) == wish
    assert dialogue.wish(state, Aside(), [said]) == ""
    told = dialogue.told(state, Aside(human=True), [said])
    assert told.wants_person is (wish == "borne_out" or state.wants_person)
    assert (DUE in told.said) is (wish == "offered" or DUE in state.said)


def test_one_of_the_messages_is_enough_to_bear_a_wish_out(dialogue: Dialogue) -> None:
    assert dialogue.wish(BANT, Aside(human=True), ["сколько стоит", "дайте живого человека", "спасибо"]) == "borne_out"
    assert dialogue.wish(BANT, Aside(human=True), []) == "offered"
