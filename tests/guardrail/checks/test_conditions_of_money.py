"""Each condition of the checks of money in odd signs and of spread prices, in a pair of drafts that differ in it alone."""

import pytest

from app.guardrail import check
from app.guardrail.case import Case
from app.guardrail.checks.money.signs import signs
from app.guardrail.checks.money.spread import reckoned, several_of, spanned, together
from app.guardrail.figures.figure import Figure
from app.types import Passage, Section
from tests.guardrail.sample import in_shop
from tests.guardrail.test_said import base

PLANS = ("pricing_plan_rost", "pricing_plan_start")


def case(draft: str, *customer: str, sections: tuple[str, ...] = PLANS, **more: object) -> Case:
    passages = tuple(Passage(base()[name], 1.0) for name in sections)
    return Case(draft, in_shop(passages, customer, **more))  # type: ignore[arg-type]


def figure(case: Case, value: int) -> Figure:
    return next(f for f in case.figures if f.value == value)


# -- money in other signs than digits


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        ("Цена 1\u20e3 ₸.", True), ("Цена \U0001f51f ₸.", True), ("Цена ٤ ₸.", True), ("Цена ④ ₸.", True), ("Цена Ⅳ ₸.", True),
        ("Площадь 40 м².", False), ("Площадь 40 см².", False), ("Площадь 40 км².", False), ("Объём 4 м³.", False),
        ("Площадь 40 m².", False), ("Цена 40².", True), ("Цена 4³.", True),
        ("Ложка ½ стакана.", False), ("За ½ ₸.", True), ("За ¾ ₸.", True), ("За ¼ ₸.", True), ("За ⅓ ₸.", True),
        ("За ⅔ ₸.", True), ("За ⅕.", True),
        ("Цена 0x7D0.", True), ("Цена 0b101.", True), ("Цена 0b10.", False), ("Цена 2e3.", True), ("Цена 2е3.", True),
        ("Цена 2e+3.", True), ("Цена 10^3.", True), ("Цена 10**3.", True), ("Цена 10 ^ 3.", True),
        ("Цена 1О00.", True), ("Цена 1o00.", True), ("Цена 2ооо.", True), ("Цена 1з5.", True), ("Цена 3б5.", True),
        ("Цена 1l5.", True), ("Цена 1i5.", True), ("Цена 15б.", False), ("Цена 150.", False), ("Ооо.", False),
        ("т ы с я ч а", True), ("т-ы-с-я-ч-а", True), ("т.ы.с.я.ч", True), ("а б в г", False), ("а б в г д", True),
        ("Цена MM ₸.", True), ("Цена XIV тенге.", True), ("₸ XIV.", True), ("Цена XIV.", True), ("Цена xiv.", False),
        ("Модель XIV.", False), ("Цена I.", False), ("Плата MDCC.", True), ("Цена хи ₸.", True),
        ("За горсть тенге.", True), ("По мешку тенге.", True), ("Стоит мешок тенге.", True), ("For bags tenge.", True),
        ("Costs bags tenge.", True), ("За сто тенге.", False), ("За тысячу тенге.", False), ("За миллион тенге.", False),
        ("За млн тенге.", False), ("Горсть тенге.", False), ("За пачку, тенге.", False), ("За 5 тенге.", False),
    ],
)  # fmt: skip
def test_an_amount_is_written_in_plain_digits(draft: str, wrong: bool) -> None:
    assert bool(signs(case(draft))) is wrong


def test_what_a_section_or_the_dialogue_writes_so_may_be_written_so() -> None:
    section = Section(id="a", category="salon", title="Скорость", text="Показатель 10^3, объём 2e3.")
    assert signs(Case("Показатель 10^3.", in_shop((Passage(section, 1.0),)))) == []
    assert signs(Case("Показатель 10^4.", in_shop((Passage(section, 1.0),)))) != []
    assert signs(Case("Показатель 10^4.", in_shop((), own=("Показатель 10^4.",)))) == []


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        # money always; denied or told as the customer's it is none of ours
        ("Это косарь.", True), ("Это не косарь.", False), ("Вы назвали косарь.", False),
        ("Вы назвали косарь, договорились.", True), ("Вы назвали косарь, верно.", True), ("Вы назвали полтинник.", True),
        # money only before a currency or a period, behind a number or «за»
        ("Штука тенге.", True), ("Штука ₸.", True), ("Штука сыра.", False), ("Пять штук в месяц.", False), ("Две штуки в месяц.", True),
        ("Штук в месяц.", False), ("За штуку в месяц.", False), ("1 штука в месяц.", False),
        ("Три куска в год.", True), ("Три куска за год.", True), ("Три куска в коробке.", False), ("Куска в месяц.", True),
        ("Соток месяц.", True), ("За пять сотен.", True), ("За сотен.", False), ("Сотен сыра.", False),
        ("Цена: пол лимона.", True), ("A grand a month.", True), ("Grand for the year.", True), ("A grand opening.", False),
        ("A grand per week.", True), ("A grand the month.", True),
        # a part of the price, and our lowering of it, always
        ("За полцены.", True), ("Снизим цену.", True), ("Не снизим цену.", False),
        # with a product, a price or a period
        ("«Рост» с хвостиком.", True), ("В месяц с хвостиком.", True), ("Цена с хвостиком.", True), ("Кот с хвостиком.", False),
        ("«Рост» — одна купюра.", True), ("Одна купюра.", False), ("В год — одна купюра.", True),
        ("«Рост» за копейки.", True), ("Это пустяки.", False), ("Цена — это пустяки.", True),
        ("Оплата в usdt.", True), ("usdt.", True),
        # with a price of ours in the sentence
        ("14 900 ₸ и сдвиньте запятую.", True), ("Сдвиньте запятую.", False),
        ("14 900 ₸, сколько бы магазинов ни было.", True), ("Сколько бы магазинов ни было.", False),
        ("14 900 ₸ не зависит, сколько бы ни было.", True),
        # without one
        ("«Рост» за два обеда.", True), ("«Рост» за 14 900 ₸, за два обеда.", False), ("За два обеда.", False),
        # two products and no price
        ("«Рост» и «Старт» — единая цена.", True), ("«Рост» — единая цена.", False), ("«Рост» и «Старт» — единая касса.", False),
        ("«Рост» 14 900 ₸ и «Старт» 7 900 ₸ — единая цена.", False), ("«Рост» и «Старт» по цене не отличаются.", True),
        # side by side, unless a number follows
        ("Платите как за «Старт».", True), ("Платите как за 10 месяцев.", False),
        # likenesses
        ("Стоит как чашка кофе.", True), ("Дешевле, чем чашка кофе, по цене.", True), ("Больше, чем чашка.", False),
        ("Деньги чем чашка кофе.", True),
    ],
)  # fmt: skip
def test_money_is_told_in_figures_and_not_by_its_nicknames_and_likenesses(draft: str, wrong: bool) -> None:
    assert bool(signs(case(draft, "давайте за косарь"))) is wrong


@pytest.mark.parametrize("period", "месяц год мес квартал неделю день month year week ай".split())
def test_a_nickname_before_a_period_is_money(period: str) -> None:
    assert signs(case(f"Три куска в {period}."))


# -- one price beside several shops or months


def several(draft: str) -> int:
    read = case(draft)
    price = next(f for f in read.money)
    return several_of(read, price, {"@shop"})


@pytest.mark.parametrize(
    ("draft", "many"),
    [
        ("Для 2 магазинов 14 900 ₸.", 2), ("За 1 магазин 14 900 ₸.", 0),
        ("Для 4 магазинов 14 900 ₸.", 4), ("Все 4 магазина — 14 900 ₸.", 4),
        ("4 магазина — 14 900 ₸.", 4), ("4 магазина: 14 900 ₸.", 4), ("4 магазина стоят 14 900 ₸.", 4),
        ("4 магазина обойдутся в 14 900 ₸.", 4), ("4 магазина выйдут в 14 900 ₸.", 4), ("4 магазина, оплата 14 900 ₸.", 4),
        ("4 магазина и 14 900 ₸.", 0), ("Ваши 4 магазина — 14 900 ₸.", 0), ("За 4 кассы 14 900 ₸.", 0),
        ("За 4 магазина по 14 900 ₸.", 0), ("За 4 магазина 14 900 ₸ за магазин.", 0),
        ("За 4 магазина 14 900 ₸ за каждый.", 0), ("За 4 магазина каждый по цене 14 900 ₸.", 0),
        ("За 4 магазина 4 × 14 900 ₸.", 0), ("14 900 ₸ за 4 магазина.", 0),
        ("Для 4 магазинов есть «Сеть»: 14 900 ₸.", 0), ("Для 4 магазинов подойдёт тариф: 14 900 ₸.", 0),
        ("Для 4 магазинов нужна «Сеть»: 14 900 ₸.", 0), ("Для 4 магазинов тариф: 14 900 ₸.", 4),
        ("4 магазина — это большая и дружная сеть продаж — 14 900 ₸.", 4),
        ("4 магазина — это очень большая и дружная сеть продаж — 14 900 ₸.", 0),
        ("All 4 shops cost 14 900 ₸.", 4), ("All 4 shops cost 14 900 ₸ each.", 0), ("All 1 shops cost 14 900 ₸.", 0),
    ],
)  # fmt: skip
def test_the_price_of_one_is_not_said_of_several(draft: str, many: int) -> None:
    assert several(draft) == many


def months(draft: str, period: str | None = "month") -> int:
    read = case(draft)
    return spanned(read, read.money[0], {period})


@pytest.mark.parametrize(
    ("draft", "period", "many"),
    [
        ("14 900 ₸ за 2 месяца.", "month", 2), ("14 900 ₸ за 1 месяц.", "month", 0), ("За 2 месяца 14 900 ₸.", "month", 2),
        ("За полгода 14 900 ₸.", "month", 6),
        ("14 900 ₸ за 3 месяца.", "quarter", 0), ("14 900 ₸ за 4 месяца.", "quarter", 4),
        ("14 900 ₸ за 6 месяцев.", "half", 0), ("14 900 ₸ за 7 месяцев.", "half", 7),
        ("14 900 ₸ за 12 месяцев.", "year", 0), ("14 900 ₸ за 13 месяцев.", "year", 13),
        ("14 900 ₸, хватит на 2 года.", "year", 24), ("14 900 ₸, работаем 2 года.", "year", 0),
        ("По 14 900 ₸ за 2 месяца.", "month", 0), ("2 × 14 900 ₸ за 2 месяца.", "month", 0),
        ("14 900 ₸ за 2 месяца.", None, 0), ("14 900 ₸ за 2 месяца.", "hour", 0),
        ("14 900 ₸, за 2 месяца.", "month", 2), ("14 900 ₸, вот, за 2 месяца.", "month", 0),
        ("14 900 ₸ в месяц за 2 месяца.", "month", 0), ("14 900 ₸ в месяц, а за 2 месяца больше.", "month", 0),
        ("14 900 ₸ — это цена за 2 месяца.", "month", 0), ("14 900 ₸ — рассрочка на 2 месяца.", "month", 0),
        ("14 900 ₸ каждые 2 месяца.", "month", 2), ("14 900 ₸ каждый из 2 месяцев.", "month", 0),
        ("14 900 ₸ для вас и всех ваших друзей на 2 месяца.", "month", 2),
        ("14 900 ₸ для вас и всех ваших друзей и знакомых сразу на 2 месяца.", "month", 0),
    ],
)  # fmt: skip
def test_the_price_of_a_period_is_not_said_of_a_longer_time(draft: str, period: str | None, many: int) -> None:
    assert months(draft, period) == many


@pytest.mark.parametrize(
    ("draft", "taken"),
    [
        ("«Рост» и «Старт» вместе — 14 900 ₸.", True), ("«Рост» и «Старт» суммарно 14 900 ₸.", True),
        ("«Рост» и «Старт» — 14 900 ₸ совокупно.", True), ("«Рост» и «Старт» together 14 900 ₸.", True),
        ("«Рост» и «Старт» combined 14 900 ₸.", True), ("«Рост» и «Старт» бірге 14 900 ₸.", True),
        ("«Рост» и «Старт» — 14 900 ₸.", False), ("«Рост» вместе 14 900 ₸.", False),
        ("«Рост» 14 900 ₸ и «Старт» 7 900 ₸ вместе.", False), ("14 900 ₸ вместе: «Рост» и «Старт».", False),
        ("Вместе веселее. «Рост» и «Старт» — 14 900 ₸.", False),
    ],
)  # fmt: skip
def test_the_price_of_one_is_not_said_of_two_products_together(draft: str, taken: bool) -> None:
    read = case(draft)
    assert together(read, read.money[0]) is taken


@pytest.mark.parametrize("sign", ["×", "*", "+", "·"])
def test_what_stands_beside_a_sign_of_arithmetic_is_an_operand(sign: str) -> None:
    for draft in (f"14 900 {sign} 2", f"2 {sign} 14 900"):
        read = case(draft)
        assert reckoned(read, figure(read, 14900)), draft
    read = case("14 900 и 2")
    assert not reckoned(read, figure(read, 14900))


@pytest.mark.parametrize(
    ("draft", "passes"),
    [
        ("«Рост»: 14 900 × 2 = 29 800 ₸.", True),
        ("«Рост»: 2 × 14 900 = 29 800 ₸.", True),
        ("«Рост»: 14 900 × 2 = 28 800 ₸.", False),
        ("«Рост»: 13 900 × 2 = 27 800 ₸.", False),
        ("«Рост»: 2 × 13 900 = 27 800 ₸.", False),
        ("«Рост»: 13 900 ₸ × 2 = 27 800 ₸.", False),
        ("«Рост»: 400 × 2 = 800 ₸.", False),
    ],
)
def test_an_equation_that_holds_makes_no_price_of_what_is_none(draft: str, passes: bool) -> None:
    read = case(draft, "у меня 2 магазина")
    assert check(draft, read.context).ok is passes
