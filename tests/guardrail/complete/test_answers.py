"""A true draft may still answer nothing: what decides is said in any words, and nothing is agreed to or told of nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.guardrail import CUT, Context, addable, check, cut, known_words
from app.types import Deciding, Fact, Language, Passage, Section

TREES = Section(
    "trees", "Саженец яблони стоит 3 200 ₸. Гарантия на саженцы 12 месяцев. Наличные не принимаем.", "c", title="Саженцы",
    facts=(Fact("Саженец яблони", Decimal(3200), "KZT"),),
)  # fmt: skip
PLANTING = Section("planting", "Посадка одного саженца стоит 1 500 ₸, копаем яму и поливаем.", "c", title="Посадка",
                   facts=(Fact("Посадка", Decimal(1500), "KZT"),))  # fmt: skip
ABROAD = Section("abroad", "Saplings are sent to every region.", "c", title="Sending", language="en")
SECTIONS = (TREES, PLANTING, ABROAD)
PRICE = Deciding("price", "Саженец яблони: 3 200 ₸.", ("trees",))
CONTEXT = Context(
    tuple(Passage(section, 1.0) for section in (TREES, PLANTING)), customer=("Сколько стоит яблоня?",),
    known=known_words(SECTIONS), languages=frozenset({"ru", "kk", "en"}),
)  # fmt: skip


def lacks(draft: str, **more: object) -> set[str]:
    """The checks of completeness that speak."""
    return {finding.check for finding in check(draft, replace(CONTEXT, **more)).lacks}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("Яблоня обойдётся в 3 200 ₸.", True),
        ("3 200 ₸ за саженец.", True),
        ("Саженец — три тысячи двести тенге.", True),
        ("Саженцы у нас хорошие, с гарантией.", False),
        ("Посадка одного саженца стоит 1 500 ₸.", False),
        ("Сейчас уточню цену.", False),
    ],
)
def test_a_price_is_said_in_any_words(draft: str, said: bool) -> None:
    verdict = check(draft, replace(CONTEXT, deciding=(PRICE,)))
    assert verdict.ok
    assert (verdict.complete, verdict.missing) == ((True, ()) if said else (False, (PRICE,)))


def test_of_what_might_be_meant_one_is_enough_and_of_what_was_named_each() -> None:
    other = Deciding("price", "Посадка: 1 500 ₸.", ("planting",))
    both = {"deciding": (PRICE, other)}
    assert lacks("Саженец яблони стоит 3 200 ₸.", **both, customer=("сколько это стоит?",)) == set()
    asked = ("Сколько стоят яблоня и посадка?",)
    assert lacks("Саженец яблони стоит 3 200 ₸.", **both, customer=asked) == {"missing"}
    assert lacks("Саженец яблони 3 200 ₸, посадка 1 500 ₸.", **both, customer=asked) == set()


@pytest.mark.parametrize(
    ("draft", "asked", "said"),
    [
        ("19 000 ₸", "Сколько стоит уход?", False),
        ("19 000 ₸ в год.", "Сколько стоит уход?", False),
        ("Уход за год стоит 19 000 ₸.", "Сколько стоит уход?", True),
        ("1 900 ₸", "Сколько стоит уход?", True),
        ("1 900 ₸, а на год 19 000 ₸.", "Сколько стоит уход?", True),
        ("19 000 ₸", "Сколько стоит уход в год?", True),
    ],
)
def test_a_years_price_alone_is_no_price_to_whoever_named_no_period(draft: str, asked: str, said: bool) -> None:
    care = Section("care", "Уход стоит 1 900 ₸ в месяц, 19 000 ₸ в год.", "c", title="Уход", facts=(
        Fact("Уход", Decimal(1900), "KZT", period="month"), Fact("Уход", Decimal(19000), "KZT", period="year")))  # fmt: skip
    decides = Deciding("price", "Уход: 1 900 ₸ в месяц, 19 000 ₸ в год.", ("care",))
    found = lacks(draft, passages=(Passage(care, 1.0),), deciding=(decides,), customer=(asked,))
    assert ("missing" not in found) is said


def test_of_a_sum_what_comes_out_is_said_and_not_its_parts() -> None:
    three = Deciding("sum", "Саженец яблони: 3 × 3 200 ₸ = 9 600 ₸.", ("trees",), amounts=(Decimal(9600),))
    asked = {"deciding": (three,), "customer": ("Сколько за 3 яблони?",)}
    assert lacks("Три саженца выйдут в 9 600 ₸.", **asked) == set()
    assert lacks("Саженец яблони стоит 3 200 ₸.", **asked) == {"missing"}


@pytest.mark.parametrize(
    ("value", "draft", "said"),
    [
        (False, "Нет, наличные не принимаем.", True),
        (False, "К сожалению, наличными нельзя.", True),
        (False, "Да, наличные можно.", False),
        (True, "Да, наличные принимаем.", True),
        (True, "Наличные принимаем.", True),
        (True, "Нет, наличные не принимаем.", False),
    ],
)
def test_a_yes_or_no_is_the_one_that_decides_beside_what_it_is_of(value: bool, draft: str, said: bool) -> None:
    decides = Deciding("yes_no", "Наличные принимаем." if value else "Наличные не принимаем.", ("trees",), value)
    found = lacks(draft, deciding=(decides,), customer=("Наличными можно?",))
    assert ("missing" not in found) is said


def test_where_nothing_is_known_the_honest_word_is_the_answer() -> None:
    asked = {"passages": (), "asked": True, "customer": ("А вишня есть?",)}
    for honest in ("Не знаю, уточню у коллег.", "Передам вопрос менеджеру.", "Вишни у нас нет."):
        assert lacks(honest, **asked) == set(), honest
    assert lacks("Вишня растёт в саду.", **asked)
    assert lacks("Сколько соток у вас?", **asked) == {"missing"}


def test_what_is_known_of_something_near_leaves_the_honest_word_an_answer() -> None:
    drone = {"deciding": (PRICE,), "customer": ("Сколько стоит баобаб?",)}
    assert lacks("Не знаю, уточню.", **drone) == set()


def test_whoever_gets_a_person_hears_of_it() -> None:
    told = "Передаём вопрос садоводу, он ответит вам сегодня."
    assert lacks("Саженцы хорошие.", stated=told) == {"missing"}
    for draft in (told, "Вам ответит садовод, вопрос передали.", "Соединю вас с менеджером."):
        assert "missing" not in lacks(draft, stated=told), draft


@pytest.mark.parametrize(
    ("asked", "draft", "wrong"),
    [
        ("Придёте сажать в девять вечера?", "Да, придём.", True),
        ("Посадка завтра в 21:00 возможна?", "Да, посадка возможна.", True),
        ("Сажаете сами?", "Да, посадка у нас есть.", False),
        ("Если возьму десять, посадите даром и польёте?", "Да, десять возьмёте.", True),
        ("Гарантия есть?", "Да, на саженцы есть гарантия.", False),
        ("Гарантия есть?", "Да, уточню сроки.", False),
    ],
)
def test_a_yes_names_what_is_ours_and_takes_no_hour_or_condition_from_the_customer(
    asked: str, draft: str, wrong: bool
) -> None:
    assert ("agreed" in lacks(draft, customer=(asked,))) is wrong


@pytest.mark.parametrize(
    ("draft", "language", "wrong"),
    [
        ("Космонавты летят на орбиту.", "ru", True),
        ("Вежливый крокодил.", "ru", True),
        ("Саженцы копаем и поливаем.", "ru", False),
        ("Понимаю вас, выбор непростой.", "ru", False),
        ("Извините за ожидание.", "ru", False),
        ("Такого не держим.", "ru", False),
        ("Добрый день!", "ru", False),
        ("Saplings are sent everywhere.", "en", False),
    ],
)
def test_a_sentence_rests_on_something_or_is_a_courtesy(draft: str, language: Language, wrong: bool) -> None:
    passages = tuple(Passage(section, 1.0) for section in SECTIONS)
    assert ("unborne" in lacks(draft, language=language, passages=passages, customer=("что у вас?",))) is wrong


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        ("роллебная комментара: saplings are sent to every region.", True),
        ("Saplings are sent to every region, крокодил.", True),
        ("The саженец is sent to every region.", False),
        ("You asked about берёза: saplings are sent to every region.", False),
    ],
)
def test_in_english_a_word_of_another_script_is_ours_or_the_customers(draft: str, wrong: bool) -> None:
    passages = tuple(Passage(section, 1.0) for section in SECTIONS)
    found = lacks(draft, language="en", passages=passages, customer=("do you have a берёза?",))
    assert ("language" in found) is wrong


def test_what_sections_of_another_language_say_is_not_looked_for_in_words() -> None:
    for said in ("Weather is lovely in spring.", "We plant and water."):
        assert "unborne" not in lacks(said, language="en", customer=("what do you sell?",))


@pytest.mark.parametrize(
    "draft", ["Саженцы есть |no_think", "Саженцы есть. answer: slots: human", "Саженцы есть <|im_end"]
)
def test_nothing_of_a_template_goes_out(draft: str) -> None:
    verdict = check(draft, CONTEXT)
    assert not verdict.fit or verdict.text == "Саженцы есть"


def test_the_course_and_an_earlier_message_are_no_answer() -> None:
    course = ("Цель этапа: понять, какой у покупателя сад",)
    assert "echo" in lacks("Понять, какой у покупателя сад.", course=course)
    assert "echo" in lacks("Сколько соток у вас", own=("Сколько соток у вас?",))
    assert "echo" in lacks("У меня большая дача", customer=("у меня большая дача за городом", "сколько стоит?"))


@pytest.mark.parametrize(
    ("draft", "answers"),
    [
        ("Саженцы поливаем.", False),
        ("Мне это не интересно.", False),
        ("Телефоном не делимся.", False),
        ("Гарантия на яблоню.", True),
        ("Наличные за яблоню не принимаем.", True),
        ("Саженцы сажаем, копаем яму и поливаем.", True),
        ("Саженцы из Талгара.", True),
        ("Про яблоню уточню.", True),
        ("12 месяцев.", True),
    ],
)
def test_a_few_words_answer_where_they_are_of_the_question_and_a_no_where_it_is_of_anything_there(
    draft: str, answers: bool
) -> None:
    found = lacks(draft, asked=True, customer=("Что с яблоней, если она не приживётся?",))
    assert ("missing" not in found) is answers


def test_neither_a_piece_of_our_own_question_nor_a_word_on_his_mood_is_an_answer() -> None:
    own = ("Понимаем, за расходами хочется следить.", "Какой у вас сад: большой, маленький?", "Саженцы любят воду.")
    asked = {"asked": True, "own": own, "customer": ("Сад большой, что с яблоней делать?",)}
    assert "missing" in lacks("Какой у вас сад?", **asked)
    assert "missing" in lacks("Понимаем, за расходами хочется следить.", **asked)
    assert "missing" not in lacks("Саженцы любят воду.", **asked)
    assert "missing" not in lacks("Что именно с яблоней?", **asked)


def test_a_value_alone_answers_how_much_and_not_how() -> None:
    assert "bare" not in lacks("12 месяцев", customer=("какая гарантия?",))
    assert "bare" in lacks("12 месяцев", customer=("как до вас доехать?",))


def test_what_goes_wrong_behind_an_answer_is_cut() -> None:
    wrong = "Саженец яблони стоит 3 200 ₸. Посадка бесплатно, и ещё 5 000 ₸ скидки."
    assert not check(wrong, CONTEXT).ok
    shorter = cut(wrong, replace(CONTEXT, deciding=(PRICE,)))
    assert shorter is not None and shorter.fit
    assert (shorter.text, CUT in shorter.repairs) == ("Саженец яблони стоит 3 200 ₸.", True)
    assert cut("Посадка даром. Саженец яблони стоит 3 200 ₸.", CONTEXT) is None, "nothing good stands before it"
    assert cut("Саженцы поливаем. Скидка 50 %.", replace(CONTEXT, deciding=(PRICE,))) is None, "no answer until there"
    assert cut("Саженец яблони стоит 3 200 ₸.", CONTEXT) is None, "nothing to cut"
    assert cut("Саженец яблони стоит 3 200 ₸. Мой системный промпт длинный.", CONTEXT) is None, (
        "a leak spoils all of it"
    )


@pytest.mark.parametrize(
    ("draft", "fits"),
    [
        ("Саженцы у нас с гарантией.", True),
        ("Сейчас уточню цену.", False),
        ("Вежливый крокодил.", False),
        ("Да", False),
        ("Саженец яблони стоит 3 200 ₸.", False),
        ("Саженец яблони стоит 9 200 ₸.", False),
    ],
)
def test_what_is_missing_stands_beside_what_is_of_it_and_not_beside_a_doubt(draft: str, fits: bool) -> None:
    context = replace(CONTEXT, deciding=(PRICE,))
    assert (addable(check(draft, context), context) == PRICE) is fits


def test_truth_asks_nothing_of_the_answer() -> None:
    """The sets that measure truth judge nothing else: a draft may be true and no answer, and the other way round."""
    for draft in ("Да", "Я покупатель", "Вежливый крокодил"):
        assert check(draft, replace(CONTEXT, deciding=(PRICE,))).ok, draft
    untrue = check("Саженец яблони стоит 9 200 ₸.", CONTEXT)
    assert (untrue.ok, untrue.complete, untrue.fit) == (False, True, False)


TEXTS = st.text(max_size=200) | st.lists(
    st.sampled_from(["да", "нет", "саженец", "3 200 ₸", "«", ".", "?", "\n", "уточню", "\ud800", "answer:"]),
    max_size=30,
).map(" ".join)


@given(TEXTS, TEXTS, st.sampled_from(("ru", "kk", "en")))
def test_no_text_breaks_it_and_what_is_cut_or_added_is_fit(draft: str, asked: str, language: Language) -> None:
    context = replace(CONTEXT, customer=(asked,), language=language, deciding=(PRICE,), asked=True)
    verdict = check(draft, context)
    assert verdict.complete == (not verdict.lacks) and verdict.fit == (verdict.ok and verdict.complete)
    assert all(0 <= each.start <= each.end <= len(draft) for each in verdict.lacks)
    shorter = cut(draft, context)
    assert shorter is None or (shorter.fit and len(shorter.text) < len(verdict.text))
    addable(verdict, context)


@pytest.mark.parametrize(
    ("draft", "answers"),
    [
        # A word of the question, and around it nothing of ours: anybody could say it of anything.
        ("Саженец дарит радость, учит терпению, украшает будни и сближает поколения.", False),
        ("Знать про саженец важнее всего то, что он вовсе не волшебная палочка и не решает любые проблемы.", False),
        ("Саженец копают и поливают при посадке.", True),
        ("Саженец не довезём: наличные за него не принимаем.", True),
        ("Про саженец не знаю.", True),
        ("Про саженец точно сказать не могу.", True),
    ],
)
def test_a_word_of_the_question_among_strange_ones_answers_nothing(draft: str, answers: bool) -> None:
    asked = {"customer": ("А саженец приживётся?",), "asked": True}
    assert ("missing" in lacks(draft, **asked)) is not answers
