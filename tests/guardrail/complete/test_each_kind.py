"""Each kind of what decides, and each kind of too little, by the words that are enough and those that are not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.guardrail import Context, addable, check
from app.guardrail.customer import HEARD, NUMBERS, TOLD, told
from app.types import Deciding
from tests.guardrail.complete.test_answers import CONTEXT, PRICE


def lacks(draft: str, **more: object) -> set[str]:
    return {finding.check for finding in check(draft, replace(CONTEXT, **more)).lacks}  # type: ignore[arg-type]


CONFIRMED = Deciding(
    "confirmed", "Да, верно: Саженец яблони: 3 × 3 200 ₸ = 9 600 ₸.", ("trees",), amounts=(Decimal(9600),)
)
NOT_KNOWN = Deciding("not_known", "Точную цену посадки не назову.", ("planting",))
NOT_OURS = Deciding("not_ours", "Такого у нас нет: баобаб.", ())
UNNAMED = Deciding("unnamed", "О «Orbita» мы ничего не знаем.", ())
NO = Deciding("yes_no", "Наличные не принимаем.", ("trees",), False)
FREE = Deciding("price", "Доставка: 0 ₸.", ("trees",))
GUARANTEE = Deciding("term", "Гарантия на саженцы 12 месяцев.", ("trees",))


@pytest.mark.parametrize(
    ("decides", "asked", "draft", "said"),
    [
        (CONFIRMED, "3 яблони это 9 600 ₸, верно?", "Да, за три саженца всё верно посчитали.", True),
        (CONFIRMED, "3 яблони это 9 600 ₸, верно?", "Три саженца выйдут в 9 600 ₸.", True),
        (CONFIRMED, "3 яблони это 9 600 ₸, верно?", "Да, верно.", False),
        (CONFIRMED, "3 яблони это 9 600 ₸, верно?", "Нет, саженцы дороже.", False),
        *(
            (unknown, "Сколько стоит посадка баобаба?", draft, said)
            for unknown in (NOT_KNOWN, NOT_OURS, UNNAMED)
            for draft, said in (
                ("Точно не знаю, уточню.", True),
                ("Нет, этого у нас не бывает.", True),
                ("Посадка одного саженца стоит 1 500 ₸.", True),
                ("Саженцы у нас хорошие, с гарантией.", False),
                ("А какой сорт вам нужен?", unknown is not NOT_OURS),
            )
        ),
        (NO, "Наличными можно?", "Про наличные не знаю, уточню.", True),
        (NO, "Наличными можно?", "Про наличные уточню у коллег.", True),
        (NO, "Наличными можно?", "Наличные? Принимаем ли мы их?", False),
        (NO, "Наличными можно?", "Саженцы хорошие, нет.", False),
        (FREE, "Сколько стоит доставка?", "Доставка саженцев бесплатна.", True),
        (FREE, "Сколько стоит доставка?", "Доставка саженцев быстрая.", False),
        (GUARANTEE, "Какая гарантия?", "Гарантия на них год, то есть 12 месяцев.", True),
        (GUARANTEE, "Какая гарантия?", "Гарантия на саженцы есть.", False),
    ],
)
def test_what_decides_is_said_by_its_kind(decides: Deciding, asked: str, draft: str, said: bool) -> None:
    assert ("missing" not in lacks(draft, deciding=(decides,), customer=(asked,))) is said


@pytest.mark.parametrize(
    ("draft", "is_bare"),
    [
        ("Саженцы.", True),
        ("3 200", True),
        ("Да.", True),
        ("на данный момент", True),
        ("несколько саженцев в саду", True),
        ("3 200 ₸", False),
        ("12 месяцев", False),
        ("Сад, яблоня", False),
        ("Спасибо!", False),
        ("Пожалуйста, обращайтесь.", False),
        ("не знаю точно", False),
        ("передам вопрос менеджеру", False),
        ("саженцы по 3 200 ₸", False),
        ("да, яблони принимаем всегда", False),
        ("Звоните: +7 701 222 11 00", False),
    ],
)
def test_a_piece_or_a_word_alone_is_no_answer(draft: str, is_bare: bool) -> None:
    assert ("bare" in lacks(draft, customer=("Расскажите?",))) is is_bare


@pytest.mark.parametrize(
    ("asked", "is_bare"),
    [("Как сажать?", True), ("Где вы?", True), ("Сколько стоит яблоня?", False), ("Как и сколько стоит?", False)],
)
def test_a_value_answers_how_much_and_not_how(asked: str, is_bare: bool) -> None:
    assert ("bare" in lacks("3 200 ₸", customer=(asked,))) is is_bare


FOUR = "яблоня хорошая весной цветёт"


@pytest.mark.parametrize(
    ("draft", "before", "echoes"),
    [
        ("Сколько стоит яблоня", ("Сколько стоит яблоня?",), True),
        ("стоит яблоня", ("Сколько стоит яблоня?",), True),
        ("яблоня", ("Сколько стоит яблоня?",), False),
        (FOUR, (FOUR, "да?"), True),
        (FOUR, (FOUR, *["ну"] * 3, "да?"), True),
        (FOUR, (FOUR, *["ну"] * 4, "да?"), False),
        ("яблоня хорошая весной", ("яблоня хорошая весной", "да?"), False),
    ],
)
def test_a_copy_of_two_words_or_of_four_from_five_messages_back(
    draft: str, before: tuple[str, ...], echoes: bool
) -> None:
    assert ("echo" in lacks(draft, customer=before)) is echoes


@pytest.mark.parametrize(
    ("draft", "asked", "taken"),
    [
        ("Да, приедем.", "Приедете завтра в семь?", True),
        ("Да, саженцы привезём.", "Приедете завтра в семь?", False),
        ("Да, сажаем яблони всегда.", "Если мороз, посадите?", True),
        ("Саженцы есть.", "Приедете завтра в семь?", False),
        ("Не знаю, приедем ли.", "Приедете завтра в семь?", False),
    ],
)
def test_a_yes_takes_nothing_from_the_customer(draft: str, asked: str, taken: bool) -> None:
    assert ("agreed" in lacks(draft, customer=(asked,))) is taken


# -- whether the one thing that is missing may be said in front


@pytest.mark.parametrize(
    ("decides", "draft", "added"),
    [
        (PRICE, "Саженцы у нас с гарантией.", True),
        (PRICE, "Точно не знаю про саженцы.", False),
        (replace(PRICE, said="Саженец яблони: 3 200 ₸. Посадка: 1 500 ₸."), "Саженцы у нас с гарантией.", False),
        (PRICE, "Саженцы у нас с гарантией. Марсиане прилетели вчера.", False),
        (replace(NO, said="Наличные не принимаем."), "Саженцы у нас с гарантией.", True),
        (replace(NO, said="Наличные не принимаем."), "Да, саженцы хорошие.", False),
        (replace(NO, said="Наличные не принимаем."), "Саженцы не болеют.", False),
    ],
)
def test_what_is_missing_is_said_before_what_neither_doubts_nor_contradicts(
    decides: Deciding, draft: str, added: bool
) -> None:
    context: Context = replace(CONTEXT, deciding=(decides,), customer=("Сколько стоит яблоня, наличными можно?",))
    verdict = check(draft, context)
    assert (addable(verdict, context) is not None) is (added and verdict.ok)


def test_two_things_that_are_missing_are_not_added() -> None:
    context = replace(CONTEXT, deciding=(PRICE, GUARANTEE), customer=("Сколько стоит яблоня и какая гарантия?",))
    verdict = check("Саженцы у нас хорошие.", context)
    assert len(verdict.missing) == 2
    assert addable(verdict, context) is None


# -- how much of the customer is heard


def test_two_thousand_characters_of_each_message_and_four_thousand_of_all_are_heard() -> None:
    assert (HEARD, TOLD, NUMBERS) == (2000, 4000, 60)
    assert [len(text) for text in told(("а" * 1999, "б" * 2001))] == [1999, 2000]
    assert [text[0] for text in told(("а" * 1, "б" * 2000, "в" * 2000))] == ["б", "в"]
    assert [text[0] for text in told(("а" * 2000, "б" * 1999))] == ["а", "б"]


def test_sixty_numbers_of_each_message_and_twice_as_many_of_all_are_heard() -> None:
    assert [told(("а 1 " * many,))[0].count("1") for many in (59, 60, 61, 90)] == [59, 60, 60, 60]
    three = tuple(f"{word} 5" * 1 + " 5" * 59 for word in ("а", "б", "в"))
    assert [text[0] for text in told(three)] == ["б", "в"]


def test_no_half_of_a_number_is_heard() -> None:
    text = "а" * 1998 + " 12345"
    assert told((text,)) == ("а" * 1998,)
