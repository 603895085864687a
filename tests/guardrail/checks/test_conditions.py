"""Each condition of a check, in a pair of drafts that differ in it alone."""

from decimal import Decimal

import pytest

from app.guardrail import addresses_of, known_addresses
from app.guardrail.addresses import written
from app.guardrail.case import Case
from app.guardrail.checks.contacts import channels, contacts
from app.guardrail.checks.money.agreement import agreement
from app.guardrail.checks.promises.deeds import deeds
from app.types import Fact, Passage, Section
from tests.guardrail.sample import in_shop
from tests.guardrail.test_said import base

PLAN = ("pricing_plan_rost", "pricing_plan_start")
BARGAIN = "«Рост» за 3 000 ₸?"


def case(draft: str, *customer: str, sections: tuple[str, ...] = PLAN, **more: object) -> Case:
    passages = tuple(Passage(base()[name], 1.0) for name in sections)
    return Case(draft, in_shop(passages, customer, **more))  # type: ignore[arg-type]


# -- agreement to what only the customer named


@pytest.mark.parametrize(
    ("draft", "customer", "more", "agrees"),
    [
        ("Да.", (BARGAIN,), {}, True),
        ("По рукам.", (BARGAIN,), {}, True),
        ("В силе.", (BARGAIN,), {}, True),
        ("Да?", (BARGAIN,), {}, False),
        ("Ну вот.", (BARGAIN,), {}, False),
        ("Хорошо, передам вопрос.", (BARGAIN,), {}, False),
        ("Хорошо, давайте уточним.", (BARGAIN,), {}, False),
        ("Хорошо, расскажу о тарифе.", (BARGAIN,), {}, False),
        ("Да. Нельзя.", (BARGAIN,), {}, False),
        ("Да. Не могу возражать.", (BARGAIN,), {}, True),
        ("Да. 14 900 ₸.", (BARGAIN,), {}, False),
        ("Да. 14 800 ₸.", (BARGAIN,), {}, True),
        ("Да.", ("«Рост» за 14 900 ₸?",), {}, False),
        ("Да.", ("сколько стоит?", BARGAIN), {}, True),
        ("Да.", (BARGAIN, "сколько стоит?"), {}, False),
        ("Да.", ("плачу сейчас 3 000 ₸ за другой сервис",), {}, False),
        ("Да.", ("скидка 10 %?",), {}, True),
        ("Да.", ("скидка 10 %?",), {"discounts": (Decimal(10),)}, False),
        ("Да.", ("выросли на 10 %?",), {}, False),
        ("Да.", ("тариф 3000?",), {}, True),
        ("Да.", ("чеков 3000?",), {}, False),
        ("Да.", (BARGAIN,), {"own": ("Да.",)}, False),
    ],
)
def test_what_agrees_to_a_price_that_the_customer_named(
    draft: str, customer: tuple[str, ...], more: dict[str, object], agrees: bool
) -> None:
    assert bool(agreement(case(draft, *customer, **more))) is agrees  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", "стоит|цена|тариф|price|plan|cost|баға|тұрады|скидка|скиньте|уступите|жеңілдік|discount|off|рост за|rost for".split("|"))  # fmt: skip
def test_a_bare_number_is_a_price_beside_each_word_of_price(sign: str) -> None:
    assert agreement(case("Да.", f"{sign} 3000"))
    assert not agreement(case("Да.", "нас 3000"))


# -- where a text sends somebody


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://www.flora.kz/a", "flora.kz/a"),
        ("ftp://flora/a", "flora/a"),
        ("flora.kz.", "flora.kz"),
        ("t,me/flora", "t.me/flora"),
        ("t;me/flora", "t.me/flora"),
        ("t,мы/flora", ""),
        ("bit слэш flora", "bitслэшflora"),
        ("bit.ly слеш flora", "bit.lyслешflora"),
        ("bit slash flora", "bitslashflora"),
        ("sales (at) gmail", "sales(at)gmail"),
        ("sales [собака] gmail", "sales[собака]gmail"),
        ("sales песик gmail", "salesпесикgmail"),
        ("hi собака flora точка кз", "hiсобакаflora"),
        ("hi at flora dot com", "hiatfloradotcom"),
        ("hi (at) flora.kz", "hi(at)flora"),
        ("@flora", "@flora"),
        ("@a", ""),
        ("flora.xyzzy", "flora.xyzzy"),
        ("Start.You can", ""),
        ("Start.Me too", ""),
        ("START.YOU", "start.you"),
        ("флора.кот", ""),
        ("xn--80adxhks.xn--p1ai", "xn--80adxhks.xn--p1ai"),
        ("12.05.2026", ""),
        ("2026-05-12", ""),
        ("1 250 000 000", ""),
        ("1 250 000 000 000 ₸", ""),
        ("+1 250 000 000 ₸", "1250000000"),
        ("7 701 222 333", ""),
        ("семь семь семь ноль ноль ноль", "семь семь семь ноль ноль ноль"),
        ("семь, потом семь, затем семь, и ноль, далее ноль, ноль", "семь, потом семь, затем семь, и ноль, далее ноль, ноль"),
        ("две единицы три двойки четыре нуля", "две единицы три двойки четыре нуля"),
        ("семь семь семь. ноль ноль ноль", ""),
        ("KZ12345678901234567890", "kz12345678901234567890"),
        ("RU12 345678901234", "ru12345678901234"),
    ],
)  # fmt: skip
def test_a_place_to_turn_to_is_found_in_each_form(text: str, found: str) -> None:
    values = sorted(addresses_of(f"Вот: {text} да"))
    assert [value.split(".кз")[0].split("точка")[0].removesuffix(".kz").strip() for value in values] == (
        [found.removesuffix(".kz")] if found else []
    )


def test_a_section_gives_the_addresses_of_its_title_its_text_and_its_facts() -> None:
    section = Section(id="a", category="salon", title="Салон one.kz", text="Сайт two.kz.", facts=(Fact("three.kz", Decimal(5)),))  # fmt: skip
    assert known_addresses((section,)) == {"one.kz", "two.kz", "three.kz"}


@pytest.mark.parametrize("noun", "единица единичка двойка тройка четверка пятерка шестерка семерка восьмерка девятка нулей нуля нолик".split())  # fmt: skip
def test_digits_may_be_told_by_their_names(noun: str) -> None:
    assert [address.kind for address in written(" ".join([noun] * 6))] == ["phone"]


@pytest.mark.parametrize("text", ["звоните 123456", "телефон 123456", "номер 123456", "call 123456", "нөмір 123456"])
def test_a_short_number_is_a_telephone_only_where_one_is_spoken_of(text: str) -> None:
    assert addresses_of(text) == {"123456"}
    assert addresses_of(f"Это {text.split(maxsplit=1)[0]}. Код 123456") == frozenset()


@pytest.mark.parametrize(
    ("said", "given", "known"),
    [
        ("flora.kz", "flora.kz/shop", True),
        ("flora.kz/shop", "flora.kz", False),
        ("lora.kz", "flora.kz/shop", False),
        ("flora.kz", "flora.kz.evil.com/a", False),
        ("@flora", "t.me/flora", True),
        ("@flora", "t.me/floral", False),
        ("@flora", "flora", False),
        ("звоните 554433", "77015554433", True),
        ("звоните 8 701 555 44 33", "+7 701 555 44 33", True),
        ("звоните 8 702 555 44 33", "+7 701 555 44 33", False),
    ],
)
def test_an_address_is_known_in_other_spellings_and_no_other_is(said: str, given: str, known: bool) -> None:
    section = Section(id="a", category="salon", title="Где мы", text=f"Наш адрес: {given}.")
    draft = Case(f"Адрес: {said}.", in_shop((), contacts=known_addresses((section,))))
    assert (contacts(draft) == []) is known


@pytest.mark.parametrize("source", ["customer", "own", "system", "contacts", "earlier"])
def test_only_our_own_texts_give_an_address(source: str) -> None:
    given = {"customer": ("сайт flora.kz",), "own": ("сайт flora.kz",), "system": "сайт flora.kz",
             "contacts": frozenset({"flora.kz"}), "earlier": ("сайт flora.kz",)}[source]  # fmt: skip
    draft = Case("Сайт flora.kz.", in_shop((), **{source: given}))  # type: ignore[arg-type]
    assert (contacts(draft) == []) is (source in ("own", "system", "contacts"))


THEIRS = ("мой номер 8 705 111 22 33 и почта anna@shop.kz", "спасибо")


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        ("Ваш номер 8 705 111 22 33.", True),
        ("Номер 8 705 111 22 33.", False),
        ("Вы назвали 8 705 111 22 33.", True),
        ("Ваш номер 8 705 111 22 33, звоните.", False),
        ("Ваш номер 8 705 111 22 33 принадлежит нам.", False),
        ("Ваш номер 8 706 111 22 33.", False),
        ("Номер 8 705 111 22 33 не наш.", True),
        ("Номер 8 705 111 22 33 не наш, не звоните.", True),
        ("Номер 8 705 111 22 33 не наш, звоните.", False),
        ("Номер 8 705 111 22 33 — не проблема, звоните.", False),
        ("Мы не против, пишите на anna@shop.kz.", False),
        ("Мы не возражаем, номер 8 705 111 22 33.", False),
    ],
)
def test_what_is_the_customers_is_said_back_and_nobody_is_sent_there(draft: str, told: bool) -> None:
    assert (contacts(Case(draft, in_shop((), customer=THEIRS))) == []) is told


@pytest.mark.parametrize(
    ("draft", "written", "passes"),
    [
        ("Пишите в телеграм.", "Пишите нам в телеграм.", True),
        ("Пишите в телеграм.", "Пишите нам в чат.", False),
        ("Пишите в инстаграм.", "Пишите нам в телеграм.", False),
        ("Пишите в telegram.", "Пишите нам в телеграм.", True),
        ("Наш ник в телеграме — flora.", "В телеграме ник flora.", True),
        ("Наш ник в телеграме — flora.", "Наш ник в инстаграме — flora.", False),
        ("Не пишите в телеграм.", "", True),
        ("Пишите в чат.", "", True),
        ("Пишите в телеграм.", "Телеграм мы не ведём.", False),
    ],
)
def test_a_channel_is_one_that_a_section_sends_to(draft: str, written: str, passes: bool) -> None:
    section = Section(id="a", category="salon", title="Связь", text=written or "Мы открыты каждый день.")
    assert (channels(Case(draft, in_shop((Passage(section, 1.0),)))) == []) is passes


def test_the_dialogues_own_text_may_send_to_a_channel() -> None:
    assert channels(Case("Пишите в телеграм.", in_shop((), own=("Пишите в телеграм.",)))) == []


# -- deeds and promises


@pytest.mark.parametrize(
    ("draft", "open_"),
    [
        ("Договор подписан.", False),
        ("Договор подписан?", True),
        ("Договор не подписан.", True),
        ("Проверим, договор подписан.", False),
        ("Проверим договор подписан.", True),
        ("Если договор подписан, напишите.", True),
        ("Напишите, если договор подписан.", True),
        ("Договор подписан, если хотите.", False),
        ("Доступ не имеет войти.", False),
        ("Касса никогда не ломается.", False),
        ("Выручка вырастет.", False),
        ("Выручка не вырастет.", True),
        ("Штрафы возьмём на себя.", False),
    ],
)
def test_a_deed_or_a_promise_stands_open_or_not(draft: str, open_: bool) -> None:
    assert (deeds(case(draft)) == []) is open_


def test_a_deed_that_a_section_or_the_dialogue_tells_may_be_told() -> None:
    section = Section(id="a", category="salon", title="Порядок", text="Работаем, когда договор подписан.")
    assert deeds(Case("Договор подписан.", in_shop((Passage(section, 1.0),)))) == []
    assert deeds(Case("Договор подписан.", in_shop((), own=("Договор подписан.",)))) == []


def test_the_plan_named_growth_is_no_promise_of_growth() -> None:
    assert deeds(case("На «Росте» получится вести склад.")) == []
    assert deeds(case("«Рост» получится.")) == []
    for grows in "продаж выручки оборота прибыли дохода".split():
        assert deeds(case(f"Рост {grows} обеспечим.")), grows


CHANNELS = ("телеграм telegram", "инстаграм instagram", "вотсап ватсап whatsapp", "вайбер viber", "директ", "фейсбук facebook",
            "тикток tiktok", "вконтакте")  # fmt: skip
PAID_TO = ("каспи kaspi голд", "халык halyk", "киви qiwi", "paypal")


@pytest.mark.parametrize("verb, rows", [("пишите в", CHANNELS), ("переведите на", PAID_TO)])
def test_a_channel_is_the_same_in_each_spelling_and_no_other(verb: str, rows: tuple[str, ...]) -> None:
    def passes(said: str, given: str) -> bool:
        section = Section(id="a", category="salon", title="Связь", text=f"{verb.capitalize()} {given}.")
        return not channels(Case(f"{verb.capitalize()} {said}.", in_shop((Passage(section, 1.0),))))

    for row in rows:
        for said in row.split():
            assert all(passes(said, given) for given in row.split()), said
            assert not any(passes(said, other.split()[0]) for other in rows if other != row), said
