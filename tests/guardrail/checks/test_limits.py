"""Every limit of the guardrail just below, at and just above it."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from app.guardrail import addresses_of, check
from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import size
from app.guardrail.checks.contacts import channels, contacts
from app.guardrail.checks.money.agreement import agreement
from app.guardrail.checks.money.signs import signs
from app.guardrail.checks.promises.deeds import deeds
from app.guardrail.checks.promises.gifts import gifts
from app.types import Fact, Passage, Section
from tests.guardrail.sample import in_shop

TARIFF = Section(id="tariff", category="salon", title="Тариф «Рост»", text="Тариф «Рост» стоит 14 900 ₸ в месяц.",
                 facts=(Fact(name="Тариф «Рост»", amount=Decimal(14900), currency="KZT", period="month"),))  # fmt: skip


def case(draft: str, *, customer: tuple[str, ...] = (), sections: tuple[Section, ...] = (), **more: object) -> Case:
    return Case(draft, in_shop(tuple(Passage(section, 1.0) for section in sections), customer, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("length", "longer"), [(4095, 0), (4096, 0), (4097, 1), (40_960, 1)])
def test_a_draft_is_no_longer_than_a_message(length: int, longer: int) -> None:
    assert len(size(case("слово " * (length // 6) + "я" * (length % 6)))) == longer


@pytest.mark.parametrize(("many", "more"), [(1599, 0), (1600, 0), (1601, 1)])
def test_a_draft_has_no_more_words_and_signs_than_a_message(many: int, more: int) -> None:
    assert len(size(case("я " * many))) == more


@pytest.mark.parametrize(("many", "more"), [(39, 0), (40, 0), (41, 1)])
def test_a_draft_has_no_more_figures_than_an_answer(many: int, more: int) -> None:
    assert len(size(case("Цена 5 ₸. " * many))) == more


@pytest.mark.parametrize(("many", "more"), [(79, 0), (80, 0), (81, 1)])
def test_a_draft_names_no_more_products_than_an_answer(many: int, more: int) -> None:
    draft = case("Тариф «Рост». " * many, sections=(TARIFF,))
    assert len(draft.mentions) == many
    assert len(size(draft)) == more


def test_eight_wrong_amounts_are_enough_to_refuse_a_draft() -> None:
    wrong = " ".join(f"Тариф «Рост» стоит {amount} ₸." for amount in range(1001, 1013))
    found = [
        finding for finding in check(wrong, in_shop((Passage(TARIFF, 1.0),))).findings if finding.check == "amount"
    ]
    assert len(found) == 8


# What a check looks at one by one: so many harmless ones it passes, one more it refuses, for it no longer looks.
@pytest.mark.parametrize(
    ("one", "harmless", "most"),
    [
        (deeds, "Если договор подписан, напишите. ", 12),
        (signs, "Это не косарь. ", 12),
        (gifts, "Мы не дарим. ", 12),
        (channels, "Не пишите в телеграм. ", 20),
        (contacts, "Наш сайт flora.kz. ", 20),
    ],
)
def test_what_is_beyond_the_bound_is_never_passed_unseen(
    one: Callable[[Case], list[Problem]], harmless: str, most: int
) -> None:
    def problems(many: int) -> int:
        return len(one(case(harmless * many, contacts=frozenset({"flora.kz"}))))

    assert [problems(many) for many in (1, most - 1, most, most + 1)] == [0, 0, 0, 1]


DISCOUNTS = Section(
    id="discounts",
    category="salon",
    title="Скидка за количество кабинетов",
    text="Скидка на тариф — 6 % от 4 кабинетов и 12 % от 9 кабинетов.",
    facts=tuple(
        Fact(f"Скидка от {least} кабинетов", Decimal(percent), None, "%", kind="discount", min_quantity=Decimal(least),
             quantity_unit="кабинет", applies_to=("Тариф",))
        for percent, least in ((6, 4), (12, 9))
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("percent", "holds"), [(6, (0, 1, 1, 0, 0)), (12, (0, 0, 0, 1, 1))], ids=["the lower one", "the higher one"]
)
def test_a_percentage_by_quantity_is_said_from_its_threshold_to_below_the_next(
    percent: int, holds: tuple[int, ...]
) -> None:
    for many, held in zip((3, 4, 8, 9, 10), holds, strict=True):
        draft = f"У вас {many} кабинетов, поэтому скидка на тариф {percent} %."
        context = in_shop((Passage(DISCOUNTS, 1.0),), (f"у нас {many} кабинетов, какая скидка?",))
        found = [finding.check for finding in check(draft, context).findings]
        assert found == ([] if held else ["percent"]), draft


@pytest.mark.parametrize(("words", "agrees"), [(11, 1), (12, 1), (13, 0)])
def test_a_sentence_that_only_agrees_is_short(words: int, agrees: int) -> None:
    draft = "Да" + " это тут" * ((words - 1) // 2) + " там" * ((words - 1) % 2) + "."
    assert len(agreement(case(draft, customer=("Рост за 5 000 ₸?",), sections=(TARIFF,)))) == agrees


@pytest.mark.parametrize(("figure", "claimed"), [(99, 0), (100, 1), (101, 1)])
def test_a_bare_number_of_three_digits_is_the_price_that_a_customer_asks_for(figure: int, claimed: int) -> None:
    assert len(agreement(case("Да.", customer=(f"тариф стоит {figure}?",), sections=(TARIFF,)))) == claimed


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("55-44-3", False),
        ("звоните 5-44-33", True),
        ("код 5-44-33", False),
        ("звоните 12345", False),
        ("звоните 123456", True),
        ("код 123456", False),
        ("+12345", False),
        ("+123456", True),
        ("код 123456789", False),
        ("код 1234567890", True),
        ("код 123456789012345", True),
        ("KZ12 B123 C456 D7", False),
        ("KZ12 B123 C456 D78", True),
        ("KZ12 AB34 CD56 EF7G", False),
        ("KZ12 AB34 CD56 EF78", True),
        ("восемь семьсот один пять пять", False),
        ("восемь семьсот один пять пять три", True),
        ("10.20.30", False),
        ("10.20.30.40", True),
        ("1.2.3.4000", False),
        ("звоните 12.05.2026", False),
        ("звоните 2026-05-12", False),
        ("звоните 12/05/26", False),
    ],
)
def test_so_many_digits_are_somewhere_to_turn_to(written: str, found: bool) -> None:
    assert bool(addresses_of(written)) == found


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("www.flora.kz", "flora.kz"), ("http://FLORA.kz/", "flora.kz"), ("FLORA.KZ", "flora.kz"), ("Flora.kz", "flora.kz"),
        ("flora.kz/price.", "flora.kz/price"), ("https://flora.kz/a?b=1", "flora.kz/a?b=1"), ("флора.рф", "флора.рф"),
        ("flora точка kz", "flora.kz"), ("t,me/flora", "t.me/flora"), ("wa.me/77012221100", "wa.me/77012221100"),
        ("a@b.kz", "a@b.kz"), ("sales (at) gmail", "sales(at)gmail"), ("@abc", "@abc"), ("2.kz", "2.kz"),
        ("8 701 222 11 00", "7012221100"), ("+7 701 222-11-00", "7012221100"), ("код 222-11-00", "2221100"),
        ("4400 4301 1234 5678", "4400430112345678"), ("KZ86125KZT5004100100", "kz86125kzt5004100100"),
        ("@ab", None), ("прайс.pdf", None), ("price.pdf", None), ("file.xlsx", None), ("node.js", None),
        ("версия 2.5", None), ("Start.You can", None), ("flora.Kz", None), ("1.5.2026", None),
        ("12 500 000 000", None), ("8 701 222 112", None), ("5 000 000 ₸", None), ("87012221100 тенге", None),
    ],
)  # fmt: skip
def test_an_address_is_read_in_one_spelling_and_what_only_looks_like_one_is_none(
    written: str, value: str | None
) -> None:
    assert addresses_of(written) == ({value} if value else set())


@pytest.mark.parametrize(
    ("said", "known", "same"),
    [
        ("звоните 5-44-33", "7015554433", False),
        ("звоните 554433", "7015554433", True),
        ("87015554433", "7015554433", True),
        ("+77015554433", "7015554433", True),
        ("+77015554434", "7015554433", False),
    ],
)
def test_a_known_telephone_is_known_by_its_last_six_digits(said: str, known: str, same: bool) -> None:
    problems = contacts(case(f"Номер {said}.", contacts=frozenset({known})))
    assert (problems == []) == (same or not addresses_of(f"Номер {said}."))


@pytest.mark.parametrize(("digits", "value"), [("12345678901", "2345678901"), ("123456789012", "123456789012")])
def test_twelve_digits_are_an_account_and_fewer_a_telephone_by_its_last_ten(digits: str, value: str) -> None:
    assert addresses_of(f"код {digits}") == {value}
