"""Every word of the guardrail's tables means what it is there for: meanings.yaml has them once more."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import adjective_duration, same_unit
from app.guardrail.figures.numerals import word_value
from app.guardrail.text.lexicon import GENERAL, HEADS, QUALIFIERS
from tests.guardrail.sample import LEXICON, in_shop
from tests.thrift import parsed

MEANINGS: dict[str, Any] = parsed((Path(__file__).parent / "meanings.yaml").read_text("utf-8"))


def rows(name: str) -> list[Any]:
    return [pytest.param(meaning, words.split(), id=meaning) for meaning, words in MEANINGS[name].items()]


def only(text: str) -> Figure:
    (figure,) = Case(text, in_shop(())).figures
    return figure


@pytest.mark.parametrize(("concept", "words"), rows("concepts"))
def test_a_word_that_begins_so_means_this(concept: str, words: list[str]) -> None:
    longer = {word: LEXICON.key(f"{word}щ") for word in words}
    assert longer == dict.fromkeys(words, concept)


@pytest.mark.parametrize(("concept", "words"), rows("exact"))
def test_a_whole_word_means_this(concept: str, words: list[str]) -> None:
    assert {word: LEXICON.key(word) for word in words} == dict.fromkeys(words, concept)


def test_a_trades_words_mean_something_in_its_shop_alone() -> None:
    assert (LEXICON.key("кассы"), LEXICON.key("сканера")) == ("@register", "@scanner")
    assert not {GENERAL.key(word) for word in ("кассы", "кассир", "сканера", "весы", "смс")} & {"@register", "@scanner"}
    assert GENERAL.unit("@register") is None
    assert GENERAL.key("доставки") == LEXICON.key("доставки") == "@delivery"


def test_words_without_content_mean_nothing() -> None:
    assert not [word for word in MEANINGS["stop"].split() if LEXICON.key(word)]
    assert LEXICON.key("чебурек") == LEXICON.key("чебурека")


@pytest.mark.parametrize(("time", "words"), rows("times"))
def test_a_word_for_time_measures_it(time: str, words: list[str]) -> None:
    unit, factor = time.split()
    for word in words:
        figure = only(f"тут 3 {word} вот")
        assert (figure.kind, figure.unit, figure.value) == ("duration", unit, Decimal(3 * int(factor))), word


@pytest.mark.parametrize(("currency", "words"), [*rows("currencies"), *rows("signs")])
def test_a_word_or_sign_of_money_is_that_money(currency: str, words: list[str]) -> None:
    for word in words:
        figure = only(f"тут 5000 {word} вот")
        assert (figure.kind, figure.currency, figure.value) == ("money", currency, Decimal(5000)), word


def test_a_sign_of_money_may_stand_before_it() -> None:
    for currency, signs in MEANINGS["signs"].items():
        for sign in signs.split():
            assert only(f"тут {sign}5000 вот").currency == currency


@pytest.mark.parametrize(("value", "words"), [*rows("numbers"), *rows("parts_of_numbers")])
def test_a_number_word_is_that_number(value: str, words: list[str]) -> None:
    assert {word: word_value(word, False) for word in words} == dict.fromkeys(words, Decimal(value))


@pytest.mark.parametrize(("value", "words"), rows("kazakh_numbers"))
def test_a_kazakh_number_word_is_that_number_with_its_endings(value: str, words: list[str]) -> None:
    ends = "дан ден тан тен нан нен га ге ка ке дын дин тын тин нын нин ды ди ты ти ны ни".split()
    for word in words:
        assert word_value(word, True) == Decimal(value)
        assert {end: word_value(word + end, True) for end in ends} == dict.fromkeys(ends, Decimal(value)), word
        assert word_value(f"{word}дан", False) is None, "only in a Kazakh sentence"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12 000", 12000), ("12.000", 12000), ("12'000", 12000), ("1 200 000", 1200000), ("99,5", "99.5"), ("99.5", "99.5"),
        ("12 тыс.", 12000), ("12 тысяч", 12000), ("12 тыщ", 12000), ("12к", 12000), ("12k", 12000), ("12т", 12000),
        ("12 мың", 12000), ("12 мыңға", 12000), ("12 мыңнан", 12000), ("12 мыңды", 12000), ("12 мыңның", 12000),
        ("12 thousand", 12000), ("1,2 млн", 1200000), ("2 миллиона", 2000000), ("2 лям", 2000000), ("2 million", 2000000),
        ("12 тыс. 500", 12500), ("двенадцать тысяч", 12000), ("полторы тысячи", 1500), ("двадцать одна тысяча", 21000),
        ("сто двадцать три", 123), ("две тысячи пятьсот", 2500), ("полтысячи", 500),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(text: str, value: object) -> None:
    assert only(f"тут {text} тенге").value == Decimal(str(value))


@pytest.mark.parametrize(("period", "words"), rows("periods"))
def test_a_word_says_how_often_it_is_paid(period: str, words: list[str]) -> None:
    for word in words:
        assert only(f"Платите 5000 тенге {word}.").period == period, word


@pytest.mark.parametrize(("period", "words"), rows("nouns_of_periods"))
def test_a_noun_behind_a_preposition_says_how_often_it_is_paid(period: str, words: list[str]) -> None:
    for word in words:
        for lead in "в за per a an each every / каждый каждую каждое каждого каждые".split():
            assert Case(f"Платите 5000 тенге {lead} {word}.", in_shop(())).money[0].period == period, (lead, word)
        for between in "один одну каждый каждую весь целый календарный полный".split():
            assert Case(f"Платите 5000 тенге в {between} {word}.", in_shop(())).money[0].period == period, (
                between,
                word,
            )


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("ежемесячно помесячно", "month"), ("ежегодно annually", "year"), ("разово одноразово единоразово единовременно однократно", "once"),
        ("почасово", "hour"), ("посуточно", "day"), ("еженедельно", "week"), ("ежеквартально поквартально", "quarter"),
        ("айлық", "month"), ("жылдық", "year"),
    ],
)  # fmt: skip
def test_an_adverb_says_how_often_it_is_paid(words: str, period: str) -> None:
    for word in words.split():
        assert only(f"Платите 5000 тенге {word}.").period == period, word


@pytest.mark.parametrize(
    ("words", "period"),
    [("один раз", "once"), ("бір рет", "once"), ("one time", "once"), ("одним платежом", "once"), ("ай сайын", "month"),
     ("жыл сайын", "year"), ("күн сайын", "day")],
)  # fmt: skip
def test_two_words_say_how_often_it_is_paid(words: str, period: str) -> None:
    assert Case(f"Платите 5000 тенге {words}.", in_shop(())).money[0].period == period


@pytest.mark.parametrize("head", "рассрочка гарантия пробный возврат хранение".split())
def test_how_long_something_lasts_is_no_period_of_a_price(head: str) -> None:
    assert Case(f"Платите 5000 тенге, {head} на год.", in_shop(())).money[0].period is None


@pytest.mark.parametrize(
    ("prefix", "number"),
    [("одно", 1), ("двух", 2), ("трех", 3), ("четырех", 4), ("пяти", 5), ("шести", 6), ("семи", 7), ("восьми", 8), ("девяти", 9),
     ("десяти", 10), ("двенадцати", 12), ("четырнадцати", 14), ("пятнадцати", 15), ("восемнадцати", 18), ("двадцати", 20),
     ("двадцатичетырех", 24), ("двадцатиодно", 21), ("тридцати", 30), ("сорока", 40), ("шестидесяти", 60), ("девяносто", 90), ("сто", 100)],
)  # fmt: skip
def test_an_adjective_may_hold_a_number(prefix: str, number: int) -> None:
    for stem, unit, factor in (("минутный", "minute", 1), ("часовой", "minute", 60), ("дневный", "minute", 1440),
                               ("суточный", "minute", 1440), ("недельный", "minute", 10080), ("месячный", "month", 1),
                               ("квартальный", "month", 3), ("летний", "month", 12), ("годичный", "month", 12)):  # fmt: skip
        assert adjective_duration(prefix + stem) == (unit, factor * number, True), prefix + stem


UNITS = {
    "@shop": "@shop", "@register": "@register", "@employee": "@employee", "@cashier": "@employee", "@company": "@company",
    "@piece": "@piece", "@order": "@order", "@visit": "@visit", "@message": "@message", "@sms": "@message",
    "@terminal": "@device", "@scanner": "@device", "@printer": "@device", "@drawer": "@device", "@scale": "@device",
    "@report": "@report",
}  # fmt: skip


def test_what_a_price_can_be_paid_for() -> None:
    assert {concept: LEXICON.unit(concept) for concept in MEANINGS["concepts"] if LEXICON.unit(concept)} == UNITS
    units = set(UNITS.values())
    same = {(said, fact) for said in units for fact in units if same_unit(said, fact)}
    others = {(said, "@piece") for said in ("@device", "@message", "@report")}
    others |= {("@device", fact) for fact in units - {"@piece"}}
    assert same == {(unit, unit) for unit in units} | others
    assert same_unit("@all", "@company") and not same_unit("@all", "@shop")


def test_which_words_tell_what() -> None:
    assert {"@plan", "@module"} == HEADS
    assert {"@priority", "@rent"} == QUALIFIERS
    assert (
        set(
            "@trial @warranty @delivery @refund @instalment @launch @migration @support @answer @backup @offline @uptime @training "
            "@visit @rent @contract @payback @keep @discount @connect @report @priority @sms @terminal".split()
        )
        == LEXICON.topics
    )
    assert (
        set(
            "@shop @register @employee @company @piece @order @goods @plan @module @service @equipment @subscription @data @price "
            "@pay @connect @specialist @first @manager @free @cashier @message доступ".split()
        )
        == LEXICON.generic
    )


# -- times, dates and what only looks like a figure


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("в 09:30", "time", 570), ("в 9:30", "time", 570), ("в 23:59", "time", 1439), ("с 9.30", "time", 570), ("до 9-30", "time", 570),
        ("в 7 утра", "time", 420), ("до 7 вечера", "time", 1140), ("в 3 дня", "time", 900), ("в 2 ночи", "time", 120),
        ("at 7 am", "time", 420), ("by 7 pm", "time", 1140), ("until 7 pm", "time", 1140), ("after 7 pm", "time", 1140),
        ("до 7 часов вечера", "time", 1140), ("к 7 часов утра", "time", 420), ("после 12 дня", "time", 720),
        ("24/7", "always", 0), ("24 / 7", "always", 0), ("24 на 7", "always", 0), ("круглосуточно", "always", 0),
        ("круглые сутки", "always", 0), ("тәулік бойы", "always", 0), ("round the clock", "always", 0),
        ("round-the-clock", "always", 0), ("24 часа в сутки", "always", 0), ("24 hours a day", "always", 0),
        ("12.05.2026", "date", 0), ("12/05/26", "date", 0), ("2026-05-12", "date", 0), ("5 мая", "date", 0), ("5-го мая", "date", 0),
        ("марта 5", "date", 0),
        ("в 2026", "date", 0), ("до 2026", "date", 0), ("с 2019", "date", 0), ("in 2026", "date", 0), ("since 2026", "date", 0),
    ],
)  # fmt: skip
def test_a_time_and_a_date_are_told_by_their_shape(text: str, kind: str, value: int) -> None:
    found = [
        figure for figure in Case(f"Вот {text} так", in_shop(())).figures if figure.kind in ("time", "date", "always")
    ]
    assert [(figure.kind, figure.value) for figure in found] == [(kind, Decimal(value))]


MONTHS = (
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь қаңтар ақпан наурыз сәуір мамыр маусым шілде "
    "тамыз қыркүйек қазан қараша желтоқсан january february april june july august september october november december"
)


@pytest.mark.parametrize("month", MONTHS.split())
def test_each_month_makes_a_date(month: str) -> None:
    for text in (f"Вот 5 {month} так", f"Вот {month} 5 так"):
        assert [figure.kind for figure in Case(text, in_shop(())).figures] == ["date"], text


@pytest.mark.parametrize(
    ("text", "hours"),
    [("с 9 до 21", [540, 1260]), ("с 9 часов до 21 часов", [540, 1260]), ("from 9 to 21", [540, 1260]),
     ("сағат 9-дан 21-ге", [540, 1260]), ("с 9 до 25", []), ("с 9 до 21 кассы", []), ("с 9 до 21 дней", []), ("с 9 до 21 ₸", [])],
)  # fmt: skip
def test_hours_are_told_from_and_to(text: str, hours: list[int]) -> None:
    found = [figure.value for figure in Case(f"Вот {text} так", in_shop(())).figures if figure.kind == "time"]
    assert found == hours


@pytest.mark.parametrize(
    "text", ["+7 701 555 44 33", "8 701 555-44-33", "https://a.kz/5", "www.a5.kz", "a5@b6.kz", "a5.com", "a5.ru", "a5.net", "a5.org", "a5.io"]
)  # fmt: skip
def test_a_telephone_and_a_link_hold_no_figures(text: str) -> None:
    assert Case(f"Вот {text} так", in_shop(())).figures == ()
