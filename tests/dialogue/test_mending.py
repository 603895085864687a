"""Who says that we answered beside the point is told sorry, and what he asked is looked for anew."""

from collections.abc import Callable

import pytest

from app.dialogue import Dialogue
from app.types import Exchange
from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("вы не поняли, мне про хранение шин расскажите", "хранение шин"),
        ("я вообще-то про аренду зала спрашивал", "аренду зала"),
        ("i was asking about the garden furniture", "garden furniture"),
        ("мен орындық туралы сұрадым", "орындық"),
    ],
)
def test_what_he_says_beside_the_correction_is_looked_for(talk: Talk, text: str, about: str) -> None:
    step = talk("а выставка у вас бывает?", text).steps[-1]
    assert "correction" in step.intents
    assert step.query is not None
    assert about in step.query
    assert step.statement
    assert not {"спрашивал", "asking", "сұрадым", "поняли"} & set(step.query.split())


@pytest.mark.parametrize("text", ["вы меня не поняли", "я вообще не об этом", "вы не ответили на вопрос"])
def test_where_he_says_nothing_else_his_question_is_looked_for_again(talk: Talk, text: str) -> None:
    step = talk("как хранить шины зимой?", text).steps[-1]
    assert step.query is not None
    assert "хранить шины" in step.query
    assert step.statement


def test_a_first_message_corrects_nothing(talk: Talk) -> None:
    assert talk("я спрашивал про хранение шин").steps[-1].statement is None


def test_a_number_that_he_corrects_is_no_answer_of_ours_beside_the_point(talk: Talk) -> None:
    step = talk("у нас 3 магазина", "ой, не 3, а 4 магазина").steps[-1]
    assert step.state.slots.get("shops") == "4"
    assert step.query is None or "магазин" not in step.query


@pytest.mark.parametrize(
    ("messages", "looked_for"),
    [
        (("какая гарантия на раму? и доставляете ли в Семей?", "про доставку не ответили"), "доставляете ли в Семей"),
        (("какая гарантия на раму? и доставляете ли в Семей?", "а на первый вопрос?"), "гарантия на раму"),
        (("жеткізу бар ма, кепілдік қандай", "кепілдік туралы сұрағымды өткізіп жібердіңіз"), "кепілдік қандай"),
        (("do you deliver to Semey, and can I track recipes per cup", "you skipped my recipes question"), "track recipes"),
        (("do you deliver to Semey, and is there parking", "so do you deliver to semey or not?"), "deliver to Semey"),
        (("есть парковка? а запись онлайн можно?", "спасибо, понятно", "про парковку так и не сказали"), "есть парковка"),
    ],
)  # fmt: skip
def test_the_earlier_question_that_his_words_name_is_looked_for(
    talk: Talk, messages: tuple[str, ...], looked_for: str
) -> None:
    step = talk(*messages).steps[-1]
    assert step.action == "answer"
    assert looked_for in f"{step.query} {step.wider}"


@pytest.mark.parametrize(
    ("messages", "looked_for", "not_for"),
    [
        (("доставка в Семей бывает?", "а доставка по воскресеньям?", "про доставку не ответили"), "воскресеньям", "Семей"),
        (("доставка по воскресеньям?", "а доставка в Семей бывает?", "про доставку не ответили"), "Семей", "воскресеньям"),
        (("is delivery free?", "how long does delivery take?", "you skipped my delivery question"), "how long", "free"),
        (("жеткізу тегін бе?", "жеткізу қанша күн?", "жеткізу туралы сұрағымды өткізіп жібердіңіз"), "қанша күн", "тегін"),
    ],
)  # fmt: skip
def test_of_two_questions_that_his_words_name_the_newer_one_is_looked_for(
    talk: Talk, messages: tuple[str, ...], looked_for: str, not_for: str
) -> None:
    step = talk(*messages).steps[-1]
    assert looked_for in f"{step.query} {step.wider}"
    assert not_for not in f"{step.query} {step.wider}"


def test_of_several_questions_the_one_left_open_is_looked_for(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("гарантия на раму какая? а доставка в Семей бывает?")
    customer.history = (Exchange(customer.history[-1].user, "Гарантия на раму — два года."),)
    assert "доставка в Семей" in (customer.says("вы не ответили на вопрос").query or "")


def test_sorry_is_said_once(talk: Talk) -> None:
    customer = talk(
        "есть парковка? а запись онлайн?", "про запись не ответили", "и про парковку не ответили", "опять не ответили"
    )
    texts = Dialogue.load().texts["ru"].data
    sorry = (*texts["missed"], *texts["frustration"], *texts["frustration_short"])
    said = [step.statement or "" for step in customer.steps]
    assert sum(any(line in text for line in sorry) for text in said) == 1, said


@pytest.mark.parametrize(
    "text", ["тетрадка надоела, сколько стоит программа?", "бумажки эти достали, есть запись онлайн?",
             "tired of paper, how much is it?"],
)  # fmt: skip
def test_who_complains_of_his_own_affairs_hears_no_apology(talk: Talk, text: str) -> None:
    assert talk("здравствуйте", text).steps[-1].statement is None


@pytest.mark.parametrize(
    "text", ["у нас два салона, сколько стоит программа?", "очередь у нас, есть запись онлайн?", "екі дүкеніміз бар, бағасы қанша?",
             "1с у нас сейчас. модуль входит в тариф?"],
)  # fmt: skip
def test_nothing_is_said_before_the_answer_to_a_question(talk: Talk, text: str) -> None:
    step = talk("здравствуйте", text).steps[-1]
    assert (step.query is not None, step.statement) == (True, None)


@pytest.mark.parametrize(
    ("messages", "queries"),
    [
        (("почём доставка рамы?", "нет, я про сроки. и наличными можно?"), ("доставка рамы, сроки?", "и наличными можно?")),
        (("how much is delivery", "no, i meant how long. and do you take cash?"), ("delivery, how long?", "and do you take cash?")),
    ],
)  # fmt: skip
def test_what_he_puts_right_and_what_he_asks_on_are_each_looked_for(
    talk: Talk, messages: tuple[str, ...], queries: tuple[str, ...]
) -> None:
    step = talk(*messages).steps[-1]
    assert step.action == "answer"
    assert step.queries == queries
    assert step.rest  # what neither finds is named, and is no dead end
