"""A seller speaks: in more than a word, of himself as a seller, and not in the customer's own words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.guardrail import Context, check
from app.types import Language, Passage, Section

TREES = Section(id="trees", category="c", title="Саженцы", text="Саженец яблони стоит 3 200 ₸. Гарантия 12 месяцев.")
CONTEXT = Context(passages=(Passage(TREES, 1.0),))


def found(draft: str, *customer: str, language: Language = "ru", context: Context = CONTEXT) -> set[str]:
    verdict = check(draft, replace(context, customer=customer, language=language))
    return {finding.check for finding in verdict.faults} & {"bare", "role", "echo"}


@pytest.mark.parametrize("draft", ["Да", "нет.", "Иә", "Yes!", "Яблоня", "не знаю", "2019", "Ок, да", "Груша сад"])
def test_a_word_answers_nothing(draft: str) -> None:
    assert found(draft, "яблони есть?") == {"bare"}


@pytest.mark.parametrize(
    "draft",
    ["12 месяцев", "3 200 ₸", "Да, яблони есть.", "Яблонь сейчас нет.", "Здравствуйте!", "Пожалуйста, обращайтесь!",
     "Три тысячи.", "Яблоня есть.", "Иә, алма бар.", "Yes, we do."],
)  # fmt: skip
def test_a_value_with_its_unit_and_a_short_answer_with_its_object_are_answers(draft: str) -> None:
    assert "bare" not in found(draft, "яблони есть?")


@pytest.mark.parametrize(
    "draft", ["саженец яблони в горшке", "на первое время яблони", "не говори", "алма ағашы бақта"]
)
def test_a_piece_of_a_sentence_is_none(draft: str) -> None:
    assert found(draft, "яблони когда привезёте?") == {"bare"}


@pytest.mark.parametrize(
    "draft",
    ["Саженец яблони в горшке", "саженец яблони в горшке.", "да, саженцы яблони есть", "нет, саженцев яблони не осталось",
     "саженец яблони за 3 200 ₸", "про саженцы уточню", "про яблони скажет менеджер"],
)  # fmt: skip
def test_one_that_begins_or_ends_or_takes_a_side_or_names_a_figure_is_an_answer(draft: str) -> None:
    assert "bare" not in found(draft, "яблони когда привезёте?")


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("Я хочу купить яблоню у вас.", "ru"),
        ("Да, я покупаю саженцы каждую весну.", "ru"),
        ("Это я, покупатель, пишу вам снова.", "ru"),
        ("Мен сатып аламын, қашан келейін?", "kk"),
        ("I would like to buy an apple tree.", "en"),
        ("I sell clothes", "en"),
        ("I want to open a garden, what do I need?", "en"),
        ("We are the customer here.", "en"),
    ],
)
def test_the_seller_does_not_speak_as_the_customer(draft: str, language: Language) -> None:
    assert "role" in found(draft, "что у вас есть?", language=language)


@pytest.mark.parametrize(
    "draft",
    ["Если хотите купить яблоню, подготовим её к субботе.", "Я уточню и вернусь к вам.", "Вы хотите заказать три саженца?",
     "Покупатели берут яблони весной."],
)  # fmt: skip
def test_who_speaks_of_buyers_is_none(draft: str) -> None:
    assert "role" not in found(draft, "что у вас есть?")


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("Этот саженец — пустая трата денег.", "ru"),
        ("Яблони не стоят своих денег, лучше поищите в другом месте.", "ru"),
        ("Купите лучше что-нибудь другое.", "ru"),
        ("Бұл көшет ақшаға тұрмайды, басқа жерден сатып алыңыз.", "kk"),
        ("The apple tree has no value to you.", "en"),
        ("Honestly, it is not worth the money. Look elsewhere.", "en"),
    ],
)
def test_nobody_runs_down_what_he_sells(draft: str, language: Language) -> None:
    assert "role" in found(draft, "дорого у вас", language=language)


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("Для двух соток большой набор не нужен, хватит одной яблони.", "ru"),
        ("Это не пустая трата денег: гарантия на саженец 12 месяцев.", "ru"),
        ("Саженец стоит 3 200 ₸.", "ru"),
        ("It is not a waste of money: the warranty is 12 months.", "en"),
    ],
)
def test_who_sells_less_or_defends_it_runs_nothing_down(draft: str, language: Language) -> None:
    assert "role" not in found(draft, "дорого у вас", language=language)


def test_the_customers_words_said_back_answer_nothing() -> None:
    asked = "мне нужна яблоня для дачи, когда привезёте"
    assert "echo" in found("Яблоня для дачи.", asked)
    assert "echo" in found("Мне нужна яблоня, когда привезёте", asked)
    assert found("Вам нужна яблоня для дачи?", asked) == set()
    assert found("Яблоня для дачи есть, привезём в субботу.", asked) == set()


def test_what_the_dialogue_wrote_is_no_answer_of_the_models() -> None:
    own = replace(CONTEXT, own=("Понятно.", "Сколько соток у вас?"))
    assert found("Понятно.\n\nСколько соток у вас?", "у меня дача", context=own) == set()
    assert found("Понятно. Да\n\nСколько соток у вас?", "яблони есть?", context=own) == {"bare"}


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("Саженцы яблони привозят весной и", "ru"),
        ("The apple trees are sold in pots, and the price will be", "en"),
        ("Саженец } яблони в горшке.", "ru"),
    ],
)
def test_what_breaks_off_or_keeps_a_brace_of_its_form_is_no_answer(draft: str, language: Language) -> None:
    verdict = check(draft, replace(CONTEXT, customer=("яблони есть?",), language=language))
    assert "leftover" in {finding.check for finding in verdict.faults} or verdict.text != draft
    assert "leftover" not in {f.check for f in check("Саженцы яблони привозят весной", CONTEXT).faults}


def test_nothing_costs_a_currency_that_no_price_is_in() -> None:
    asked = replace(CONTEXT, customer=("почём яблоня?",))
    assert check("Саженец яблони стоит 3 200 ₸.", asked).ok
    assert not check("Саженец яблони стоит 3 200 ₪.", asked).ok


def test_marks_of_a_template_are_left_out_or_refused() -> None:
    for draft in ("Яблони есть, выбирайте. /no_think", "Яблони есть, выбирайте |no_think"):
        verdict = check(draft, CONTEXT)
        assert not verdict.fit or "think" not in verdict.text


@given(st.text(max_size=300), st.text(max_size=100))
def test_no_text_breaks_it(draft: str, asked: str) -> None:
    assert found(draft, asked) <= {"bare", "role", "echo"}
