"""Whose thing does not work is told who answers, never in the same line twice; what he asks to do himself is looked up."""

from collections.abc import Callable

import pytest

from app.dialogue import Dialogue
from tests.dialogue.conftest import NOON, Customer

Talk = Callable[..., Customer]

TROUBLES = [
    ("сканер перестал читать коды", "всё равно не читает", "и где ваш мастер?", "перезагрузили, то же самое"),
    ("после ремонта педаль опять хрустит", "ничего не изменилось", "сколько ещё ждать", "так и хрустит"),
    ("сканер кодты оқымай қалды", "әлі оқымайды", "маманыңыз қайда?", "қайта қостық, көмектеспеді"),
    ("the label printer gives blank paper", "that has not helped", "where is your technician?", "it is still blank"),
]


@pytest.mark.parametrize("messages", TROUBLES)
def test_more_words_on_a_trouble_are_passed_on_and_no_line_is_said_twice(talk: Talk, messages: tuple[str, ...]) -> None:
    steps = talk(*messages).steps
    assert [step.action for step in steps] == ["handover"] * len(steps)
    assert {step.state.lane for step in steps} == {"trouble"}
    said = [step.statement for step in steps]
    assert len(set(said)) == len(said), said
    assert all(step.question is None for step in steps)
    assert all(step.handover is not None and step.handover.reason == "trouble" for step in steps)


@pytest.mark.parametrize("messages", TROUBLES)
def test_who_asks_after_the_specialist_hears_that_he_has_it(talk: Talk, messages: tuple[str, ...]) -> None:
    step = talk(messages[0], messages[2]).steps[-1]
    assert step.reason == "callback_time"
    waits = Dialogue.load().texts[step.language].data["trouble_waits"]
    assert any(line in (step.statement or "") for line in waits)


def test_outside_the_hours_he_hears_from_when_somebody_answers(dialogue: Dialogue) -> None:
    customer = Customer(dialogue, now=NOON.replace(hour=20))  # one o'clock at night in Almaty
    customer.says("терминал не включается")
    assert "09:00" in (customer.says("когда ответит специалист?").statement or "")


def test_a_waiting_customer_who_is_weary_is_not_offered_a_person_anew(talk: Talk) -> None:
    step = talk("кассовый терминал завис", "вы там все роботы? одно и то же пишете").steps[-1]
    assert step.state.lane == "trouble"
    assert "могу позвать" not in (step.statement or "")


@pytest.mark.parametrize(
    "text",
    ["кассир вчера смену не закрыла, как закрыть сегодня?", "как отменить неверный чек",
     "кеше ауысымды жаппай кетіпті, қалай жабамыз", "the cashier forgot to close the shift, how do I close it"],
)  # fmt: skip
def test_how_a_thing_is_done_is_looked_up_and_brings_nobody(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.query is not None) == ("answer", True)


def test_a_question_of_another_kind_in_a_trouble_is_looked_up(talk: Talk) -> None:
    step = talk("принтер зажевал ленту и молчит", "а чек покупателю можно отправить на телефон?").steps[-1]
    assert step.query is not None
    assert step.state.lane == "trouble"


@pytest.mark.parametrize(
    "text",
    ["с карты два раза сняли за абонемент, верните", "оплату списали дважды", "картадан ақша екі рет шешілді, қайтарыңыз",
     "you charged me twice for the membership, refund it"],
)  # fmt: skip
def test_a_wrong_charge_goes_to_who_looks_at_payments(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.topic, step.query) == ("handover", "charged", None)


def test_a_charge_of_his_own_customer_is_a_question(talk: Talk) -> None:
    assert talk("если с клиента сняли дважды, как ему вернуть через кассу?").steps[-1].topic is None


def test_a_question_in_another_sentence_than_the_charge_is_looked_up(talk: Talk) -> None:
    step = talk("списали два раза, верните. а гарантия на весы какая?").steps[-1]
    assert (step.action, step.topic) == ("handover", "charged")
    assert "гарантия на весы" in (step.query or "")


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("сканер третий день не читает!! ремонт платный? и рассрочка на новую есть?",
         ("ремонт платный?", "и рассрочка на новую есть?")),
        ("printer is dead since monday. is repair free? and are you open on sunday",
         ("is repair free?", "what are the support hours, do you answer at weekends")),
        ("терминал завис, что делать? и доставка нового сколько дней", ("и доставка нового сколько дней?",)),
    ],
)  # fmt: skip
def test_each_question_beside_a_trouble_is_looked_up_and_the_specialist_is_told(
    talk: Talk, text: str, queries: tuple[str, ...]
) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.topic) == ("handover", "trouble")
    assert step.queries == queries


@pytest.mark.parametrize(
    "text", ["ролики есть? сундук почём, он сам открывается?", "коврик есть? и крышка сама закрывается?"]
)
def test_what_works_by_itself_is_no_trouble(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.topic) == ("answer", None)


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("наберите меня завтра, Данияр. в каком городе вы, карты берёте?", ("в каком городе вы?", "карты берёте?")),
        ("мы поставщики чековой ленты, предлагаем сотрудничество. а тариф у вас сколько стоит, офис где?",
         ("а тариф у вас сколько стоит?", "офис где?")),
    ],
)  # fmt: skip
def test_who_wants_a_person_is_answered_what_he_asks_beside_it(talk: Talk, text: str, queries: tuple[str, ...]) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.queries) == ("handover", queries)


def test_a_question_behind_a_wish_for_money_back_is_looked_up_and_passed_on(talk: Talk) -> None:
    steps = talk("верните деньги за подписку", "а весы, месяц назад брали, их обратно примете?").steps
    assert steps[-1].reason == "refund" and steps[-1].statement and "весы" in (steps[-1].query or "")
