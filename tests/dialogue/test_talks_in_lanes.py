"""Talks with who has a trouble, is no buyer or has left a contact: what the last message comes to."""

from collections.abc import Callable

import pytest

from app.dialogue.engine import Dialogue
from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]
BROKEN, CONTACT = "терминал сломался", "мой номер 8 701 222 11 00"
OFFER = "предлагаю вам поставку чековой ленты"
HOURS = "во сколько работает поддержка, до скольки отвечаете, в выходные тоже"
SOON = "как быстро отвечает поддержка"


@pytest.mark.parametrize(
    ("texts", "action", "reason", "topic", "query"),
    [
        ((BROKEN,), "handover", "trouble", "trouble", None),
        ((BROKEN, "принтер не печатает"), "handover", "trouble", "trouble", None),
        ((BROKEN, "уже работает, спасибо"), "answer", "trouble_over", None, None),
        ((BROKEN, "уже заработал! а сколько стоит сканер?"), "answer", "feature", None,
         "уже заработал! а сколько стоит сканер?"),
        ((BROKEN, "когда мне ответят?"), "handover", "callback_time", "trouble", SOON),
        ((BROKEN, "сколько можно ждать, безобразие!"), "handover", "frustration", "trouble", SOON),
        ((BROKEN, "верните деньги, если сломался терминал, можно?"), "handover", "feature", "refund",
         "гарантия на оборудование, если устройство сломалось"),
        (("уже работает, спасибо",), "answer", "thanks", None, None),
        (("во сколько до вас можно дозвониться?",), "answer", "feature", None, HOURS),
        ((OFFER,), "handover", "supplier", "supplier", None),
        ((OFFER, "у нас свой завод в Алматы"), "answer", "supplier", "supplier", None),
        ((OFFER, "сколько стоит тариф Рост?"), "answer", "price", None, "сколько стоит тариф Рост?"),
        (("вы ошиблись номером",), "answer", "stranger", "stranger", None),
        (("вы ошиблись номером", "кто это?"), "answer", "about_us", "stranger", "что это за компания, чем вы занимаетесь"),
        (("говорите по-русски пожалуйста",), "answer", "language_wish", None, None),
        ((CONTACT,), "handover", "contact_given", None, None),
        ((CONTACT, "меня зовут Айдар"), "answer", "noted", None, None),
    ],
)  # fmt: skip
def test_what_a_message_in_a_lane_comes_to(
    talk: Talk, texts: tuple[str, ...], action: str, reason: str, topic: str | None, query: str | None
) -> None:
    step = talk(*texts).steps[-1]
    assert (step.action, step.reason, step.topic, step.query) == (action, reason, topic, query)
    assert (step.handover is not None) is (action == "handover"), "whoever gets a person brings a packet"


def test_a_second_trouble_is_passed_on_in_other_words(talk: Talk) -> None:
    steps = talk(BROKEN, "принтер не печатает", "сканер не работает", "весы не включаются").steps
    assert all(step.action == "handover" for step in steps)
    assert len({step.statement for step in steps}) == len(steps)


def test_who_gives_his_name_behind_his_number_is_thanked_by_it(talk: Talk, dialogue: Dialogue) -> None:
    step = talk(CONTACT, "меня зовут Айдар").steps[-1]
    assert step.state.slots["name"] == "Айдар"
    assert (step.statement or "").startswith("Айдар, ")
    assert any((step.statement or "").endswith(text) for text in dialogue.texts["ru"].data["noted"])


def test_a_supplier_is_told_once_that_he_may_leave_a_number(talk: Talk, dialogue: Dialogue) -> None:
    steps = talk(OFFER, "у нас свой завод в Алматы", "и ещё склад в Семее").steps
    leaves = dialogue.texts["ru"].data["leave_number"]
    leaves = [leaves] if isinstance(leaves, str) else leaves
    assert [any(text in (step.statement or "") for text in leaves) for step in steps] == [False, True, False]


def test_a_lane_ends_with_what_is_no_word_on_it(talk: Talk) -> None:
    lanes = [step.state.lane for step in talk(BROKEN, "принтер не печатает", "уже работает, спасибо").steps]
    assert lanes == ["trouble", "trouble", ""]


def test_the_packet_says_who_writes_what_of_and_what_is_known(talk: Talk) -> None:
    step = talk(f"меня зовут Айдар, {CONTACT}, верните деньги").steps[-1]
    assert step.handover is not None
    assert step.handover.reason == "refund"
    assert "Покупатель Айдар" in step.handover.summary
    assert "контакт: +77012221100" in step.handover.summary
    assert "имя" not in step.handover.summary.split("Известно")[1], "it stands at the head"
    assert "телефон" not in step.handover.summary, "the contact is the same"


def test_nothing_is_asked_of_whom_a_person_has(talk: Talk) -> None:
    for texts in ((BROKEN,), (OFFER, "у нас свой завод в Алматы"), (CONTACT, "меня зовут Айдар")):
        assert talk(*texts).steps[-1].question is None
