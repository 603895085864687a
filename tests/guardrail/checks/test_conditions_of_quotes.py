"""Each condition under which a figure that the customer named may be said, in a pair of drafts that differ in it alone."""

import pytest

from app.guardrail.case import Case
from app.guardrail.checks.dictated import (
    asked,
    assented,
    bargained,
    confirmed,
    denied,
    denied_beside,
    near_ours,
    refused,
    theirs,
    told,
    turned_down,
)
from app.guardrail.figures.figure import Figure
from app.guardrail.text.phrases import Found
from app.types import Passage
from tests.guardrail.sample import in_shop
from tests.guardrail.test_said import base

PLANS = ("pricing_plan_rost", "pricing_plan_start")
NAMED = "а за 5 000 ₸?"


def case(draft: str, *customer: str, sections: tuple[str, ...] = PLANS) -> Case:
    return Case(draft, in_shop(tuple(Passage(base()[name], 1.0) for name in sections), customer or (NAMED,)))


def money(read: Case, value: int = 5000) -> Figure:
    return next(f for f in read.figures if f.value == value)


@pytest.mark.parametrize(
    ("draft", "customer", "may"),
    [
        ("Вы назвали 5 000 ₸.", NAMED, False),  # nothing of ours beside it
        ("Вы назвали 5 000 ₸, «Рост» стоит 14 900 ₸.", NAMED, True),
        ("Вы назвали 6 000 ₸, «Рост» стоит 14 900 ₸.", NAMED, False),
        ("Вы назвали 5 000 ₸, «Рост» раньше 14 900 ₸.", NAMED, False),
        ("Вы назвали 5 000 ₸. Вот так. И так. «Рост» стоит 14 900 ₸.", NAMED, False),
        ("Вы назвали 5 000 ₸ за «Рост», он стоит 14 900 ₸.", NAMED, True),
        ("5 000 ₸, а «Рост» стоит 14 900 ₸.", NAMED, False),
        ("Ваши 5 000 ₸, а «Рост» стоит 14 900 ₸.", NAMED, True),
        ("Вам обещали 5 000 ₸, «Рост» стоит 14 900 ₸.", NAMED, True),
        ("Верно, вы назвали 5 000 ₸, «Рост» 14 900 ₸.", NAMED, False),
        ("Верно, вы назвали 5 000 ₸, но «Рост» 14 900 ₸.", NAMED, True),
        ("Вы назвали 5 000 ₸, «Рост» 14 900 ₸. Да.", NAMED, False),
        ("Вы назвали 5 000 ₸, «Рост» 14 900 ₸. Договорились.", NAMED, False),
        ("Вы назвали 5 000 ₸, «Рост» 14 900 ₸. Не договорились.", NAMED, True),
        # denied
        ("5 000 ₸ нет.", NAMED, True),
        ("Не 5 000 ₸.", NAMED, True),
        ("Не за 5 000 ₸.", NAMED, True),
        ("За 5 000 ₸ отдать не можем.", NAMED, True),
        ("За 5 000 ₸ не проблема.", NAMED, False),
        ("За 5 000 ₸ мы не против.", NAMED, False),
        ("Больше 5 000 ₸ не возьмём.", NAMED, False),
        ("Кроме 5 000 ₸ ничего не возьмём.", NAMED, False),
        ("5 000 ₸ — это не наша цена.", NAMED, True),
        ("5 000 ₸ — это не больше.", NAMED, False),
        ("Такой цены, 5 000 ₸, нет.", NAMED, True),
        ("Такая цена, 5 000 ₸, есть.", NAMED, False),
        ("5 000 ₸ — это ниже тарифа, «Рост» стоит 14 900 ₸.", NAMED, True),
        ("5 000 ₸ — это ниже тарифа.", NAMED, False),
        # what the customer has or pays
        ("Бюджет 5 000 ₸.", NAMED, True),
        ("Бюджет на «Рост» 5 000 ₸.", NAMED, False),
        ("Бюджет на «Рост» 5 000 ₸, он стоит 14 900 ₸.", NAMED, True),
        ("При выручке 5 000 ₸ «Рост» подойдёт.", NAMED, True),
        ("При цене 5 000 ₸ «Рост» подойдёт.", NAMED, False),
        ("Ваши 20 000 ₸ меньше, «Рост» 14 900 ₸.", "готов платить 20 000 ₸", True),
        ("У вас есть 20 000 ₸.", "плачу 20 000 ₸ за аренду", True),
        ("У вас есть 20 000 ₸.", "а за 20 000 ₸?", False),
        ("Есть 20 000 ₸.", "плачу 20 000 ₸ за аренду", False),
        ("У вас счёт 20 000 ₸.", "плачу 20 000 ₸ за аренду", False),
        ("У вас тариф 20 000 ₸.", "плачу 20 000 ₸ за аренду", False),
        ("У вас есть 7 000 ₸.", "плачу 7 000 ₸ за аренду", False),  # less than our least price
        ("У вас есть 7 900 ₸.", "плачу 7 900 ₸ за аренду", True),
        ("На 20 000 ₸ хватит, «Рост» 14 900 ₸.", "плачу 20 000 ₸ за аренду", True),
        ("На 10 000 ₸ хватит, «Рост» 14 900 ₸.", "плачу 10 000 ₸ за аренду", False),
        ("На 14 900 ₸ хватит, «Старт» 7 900 ₸.", "плачу 14 900 ₸ за аренду", True),
        # asked
        ("Вы платите 5 000 ₸?", NAMED, True),
        ("Вы платите 5 000 ₸.", NAMED, False),
        ("Вы платите за «Рост» 5 000 ₸?", NAMED, False),
        ("Кто назвал 5 000 ₸?", NAMED, True),
        ("Кто назвал «Рост» за 5 000 ₸?", NAMED, False),
        ("Откуда 5 000 ₸?", NAMED, True),
        ("Это 5 000 ₸?", NAMED, False),
        # compared
        ("«Рост» за 14 900 ₸ дороже ваших 5 000 ₸.", NAMED, True),
        ("«Рост» дороже ваших 5 000 ₸.", NAMED, False),
        # a count of things
        ("5 000 в «Рост» заведёте.", "у меня 5 000 товаров", False),
        ("Все 5 000.", "у меня 5 000 товаров", True),
        ("Все 5 000.", NAMED, False),
        ("Все 5 000 в месяц.", "у меня 5 000 товаров", False),
        ("Цена, 5 000.", "у меня 5 000 товаров", False),
        ("Цена, у вас 5 000.", "у меня 5 000 товаров", True),
    ],
)
def test_when_a_figure_of_the_customers_may_be_said(draft: str, customer: str, may: bool) -> None:
    read = case(draft, customer)
    named = [f for f in read.money if f.value in read.numbers_heard] or [
        f for f in read.money if f.value not in read.prices
    ]
    assert theirs(read, named[0]) is may


@pytest.mark.parametrize(
    ("draft", "no"),
    [
        ("5 000 ₸ нет.", True), ("5 000 ₸ есть.", False), ("Не 5 000 ₸.", True), ("Вместо 5 000 ₸.", True),
        ("Not 5 000 ₸.", True), ("Не за 5 000 ₸.", True), ("Не про 5 000 ₸.", True), ("Не вот 5 000 ₸.", False),
        ("Не больше 5 000 ₸.", False), ("5 000 ₸. Это ошибка.", False), ("5 000 ₸, это ошибка.", True),
        ("5 000 ₸, это не проблема.", False), ("Выше 5 000 ₸ не возьмём.", False), ("5 000 ₸ не возьмём.", True),
        ("5 000 теңгеден артық емес.", False), ("5 000 теңге емес.", True),
    ],
)  # fmt: skip
def test_when_a_figure_is_denied(draft: str, no: bool) -> None:
    read = case(draft)
    assert refused(read, money(read)) is no


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("Вы назвали 5 000 ₸.", True), ("Вам обещали 5 000 ₸.", True), ("Ваши 5 000 ₸.", True), ("Your 5 000 ₸.", True),
        ("Сіздің 5 000 ₸.", True), ("Это 5 000 ₸.", False), ("Ваши слова, 5 000 ₸.", False), ("Вы назвали, 5 000 ₸.", False),
        ("Ваши вот эти самые 5 000 ₸.", False), ("Ваши вот эти 5 000 ₸.", True),
    ],
)  # fmt: skip
def test_when_it_is_said_whose_figure_it_is(draft: str, said: bool) -> None:
    read = case(draft)
    assert told(read, money(read)) is said


@pytest.mark.parametrize(
    ("draft", "near"),
    [
        ("5 000 ₸ и 14 900 ₸.", True), ("5 000 ₸. А 14 900 ₸.", True), ("14 900 ₸. А 5 000 ₸.", True),
        ("14 900 ₸. Вот. А 5 000 ₸.", False), ("5 000 ₸ и 14 800 ₸.", False), ("5 000 ₸ и 5 000 ₸.", False),
        ("5 000 ₸ вместо 14 900 ₸.", False), ("5 000 ₸, а не 14 900 ₸.", False), ("5 000 ₸, обычная цена 14 900 ₸.", False),
        ("5 000 ₸, прежняя цена 14 900 ₸.", False), ("5 000 ₸ instead of 14 900 ₸.", False),
        ("5 000 ₸, раньше 14 900 ₸.", False), ("5 000 ₸, остальным 14 900 ₸.", False), ("5 000 ₸, usual 14 900 ₸.", False),
        ("5 000 ₸, normal 14 900 ₸.", False),
    ],
)  # fmt: skip
def test_when_a_price_of_ours_stands_beside_it(draft: str, near: bool) -> None:
    read = case(draft)
    assert near_ours(read, money(read)) is near


def test_a_percentage_stands_beside_a_percentage_of_ours() -> None:
    read = case("Вы назвали 45 %, скидка 5 % от 5 магазинов.", "45 %?", sections=("pricing_shops_discount",))
    assert near_ours(read, money(read, 45))
    read = case("Вы назвали 45 %, «Рост» 14 900 ₸.", "45 %?")
    assert not near_ours(read, money(read, 45))


@pytest.mark.parametrize(
    ("draft", "down"),
    [
        ("Вот. Нельзя.", True), ("Нельзя. Вот.", True), ("Вот. Вот. Нельзя.", False), ("Вот.", False),
        ("Вот. Мы не против.", False), ("Вот. Это ошибка.", True), ("Вот. Уточню у менеджера.", True),
        ("Вот. Передам вопрос.", True), ("Вот. Больше не возьмём.", False), ("Вот. Мы не возьмём.", True),
    ],
)  # fmt: skip
def test_when_the_sentence_or_one_beside_it_refuses(draft: str, down: bool) -> None:
    assert turned_down(case(draft), 1 if draft.startswith("Нельзя") else 0) is down


@pytest.mark.parametrize(
    ("draft", "is_asked"),
    [
        ("Вы платите 5 000 ₸?", True), ("Вы платите 5 000 ₸.", False), ("Кто назвал 5 000 ₸?", True),
        ("Бюджет 5 000 ₸?", True), ("Вы назвали 5 000 ₸?", True), ("Вам обещали 5 000 ₸?", True), ("Ваши 5 000 ₸?", True),
        ("Это 5 000 ₸?", False), ("Вы тратите 5 000 ₸?", True),
    ],
)  # fmt: skip
def test_when_the_customer_is_asked_about_it(draft: str, is_asked: bool) -> None:
    read = case(draft)
    assert asked(read, money(read)) is is_asked


@pytest.mark.parametrize(
    ("draft", "sealed"),
    [
        ("Договорились.", True), ("Вот. Договорились.", True), ("Вот. Вот. Договорились.", False),
        ("Не договорились.", False), ("Для вас.", True), ("Не для вас.", False), ("Вот.", False),
    ],
)  # fmt: skip
def test_when_a_bargain_is_sealed(draft: str, sealed: bool) -> None:
    assert bargained(case(draft), 0) is sealed


@pytest.mark.parametrize(
    ("draft", "yes"),
    [
        ("5 000 ₸, верно.", True), ("Верно, 5 000 ₸.", True), ("5 000 ₸.", False), ("Верно, 5 000 ₸, но дорого.", False),
        ("Верно, но 5 000 ₸.", True), ("5 000 ₸. Да.", True), ("5 000 ₸. Да, так и есть.", True),
        ("5 000 ₸. Да, так и есть у нас.", False), ("5 000 ₸, будет.", True), ("5 000 ₸ будет.", False),
        ("Будет, 5 000 ₸.", False), ("5 000 ₸, пожалуйста.", True), ("5 000 ₸ — легко.", True),
    ],
)  # fmt: skip
def test_when_it_is_agreed_to(draft: str, yes: bool) -> None:
    read = case(draft)
    assert assented(read, 0, money(read).end) is yes


@pytest.mark.parametrize(
    ("draft", "customer", "ours"),
    [
        ("Да, 15 касс.", "15 касс?", True), ("15 касс.", "15 касс?", False), ("Да, 15 касс.", "5 касс?", False),
        ("Да, у вас 15 касс.", "15 касс?", False), ("Да, ваших 15 касс.", "15 касс?", False),
        ("Да, не 15 касс.", "15 касс?", False),
    ],
)  # fmt: skip
def test_when_a_count_is_agreed_to_as_ours(draft: str, customer: str, ours: bool) -> None:
    read = case(draft, customer)
    assert confirmed(read, money(read, 15)) is ours


@pytest.mark.parametrize(
    ("draft", "no"),
    [("Не дарим", True), ("Дарим", False), ("Дарим — это ошибка", True), ("Дарим, нельзя", True), ("Дарим, вот", False),
     ("Не проблема, дарим", False), ("Это не проблема дарим", False)],
)  # fmt: skip
def test_when_a_clause_is_denied(draft: str, no: bool) -> None:
    read = case(draft)
    clause = next(t.clause for t in read.text.tokens if t.text == "дарим")
    assert denied(read, clause) is no


def test_a_turn_of_speech_is_denied_by_words_beside_it_and_not_by_its_own() -> None:
    def beside(draft: str, said: str) -> bool:
        read = case(draft)
        start = read.text.folded.index(said)
        token = read.text.tokens[read.text.token_at(start)]
        return denied_beside(read, Found(start, start + len(said), token.sentence, token.clause))

    assert not beside("Платить не будете", "платить не будете")
    assert beside("Платить не будете не сразу", "платить не будете")
    assert beside("Нельзя платить потом", "платить потом")
    assert not beside("Нельзя, платить потом", "платить потом")
    assert not beside("Не проблема платить потом", "платить потом")
