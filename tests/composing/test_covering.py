"""Of several questions none is passed over in silence."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.composing import covering
from app.composing.covering import reckoned
from app.composing.unanswered import quoted
from app.fact import Fact
from app.types import Deciding, Passage, Section

BOATS = Passage(
    Section(id="a", title="Прокат лодок", text="Лодку берут на час.", category="c", questions=("взять лодку на день",)),
    1,
)
PRICE = Deciding("price", "Жилет: 500 ₸ в день.")


def left_out(
    asked: Sequence[str], deciding: Sequence[Deciding], passages: Sequence[Passage], found: Sequence[Passage] = ()
) -> tuple[str, ...]:
    return covering.left_out(asked, deciding, passages, found, "ru")


def test_a_question_that_nothing_is_about_is_left_out() -> None:
    assert left_out(("можно взять лодку?", "есть ли у вас баня?"), (), (BOATS,))
    assert left_out(("сколько стоит жилет?", "а баня у вас есть?"), (PRICE,), ())


def test_what_one_answer_or_one_price_is_about_is_not() -> None:
    assert not left_out(("можно взять лодку?", "а на день лодку?"), (), (BOATS,))
    assert not left_out(("можно взять лодку?", "сколько стоит жилет?"), (PRICE,), (BOATS,))


def test_a_section_that_surely_answers_the_question_which_found_it_needs_no_word_of_it() -> None:
    asked = ("сколько стоит жилет?", "на закате есть катание?")
    found = replace(BOATS, ranks={"question": 2}, answers=0.9)
    assert not left_out(asked, (PRICE,), (found,))
    assert left_out(asked, (PRICE,), (replace(found, answers=0.2),))
    assert left_out(asked, (PRICE,), (replace(found, ranks={"question": 1}),))


def test_the_words_of_a_section_in_another_language_tell_nothing() -> None:
    asked = ("сколько стоит жилет?", "на закате есть катание?")
    section = Section(id="a", title="Boats", text="A boat is let by the hour.", category="c", language="en")
    assert not left_out(asked, (PRICE,), (Passage(section, 1, ranks={"question": 2}),))


def test_what_is_reckoned_from_the_section_that_a_question_finds_answers_it() -> None:
    asked = ("а неделей выгоднее?", "баня у вас есть?")
    saved = Deciding("sum", "Жилет: 3 000 ₸ в неделю, на 500 ₸ меньше, чем по дням.", sections=("a",))
    found = replace(BOATS, ranks={"question": 1}, answers=0.9)
    assert left_out(asked, (saved,), (), (found,)) == ("баня у вас есть?",)


def test_no_answer_leaves_nothing_out() -> None:
    assert not left_out((), (), (BOATS,)), "the questions of a message that asks one alone are not told apart"
    assert left_out(("есть ли у вас баня?",), (), (BOATS,)), "one of several, of which the others lean on it"
    assert not left_out(("есть ли у вас баня?", "а лодка?"), (), ()), "that nothing was found is said by itself"


def test_what_the_facts_decide_of_several_questions_is_known_by_its_words_or_by_its_price() -> None:
    assert reckoned("сколько стоит жилет?", (PRICE,))
    assert reckoned("и сколько всё стоит?", (PRICE,)), "it names nothing of its own"
    assert not reckoned("а жилет детский бывает?", ())
    assert not reckoned("можно ли с собакой?", (PRICE,))


def test_a_question_of_a_few_plain_words_is_named_and_no_other() -> None:
    assert quoted("а техкарты у вас есть?") == "техкарты у вас есть"
    assert quoted("and by the way do you have recipes?") == "do you have recipes"
    assert quoted("байдарка бар ма?") == "байдарка бар ма"
    assert quoted("хорошо спросите?") is None, "nobody asks here"
    assert quoted("так?") is None, "a filler says nothing of what was asked"
    assert quoted("а как же?") is None
    assert quoted("отдадите всё за 1 ₸?") is None, "no figure of his is repeated"
    assert quoted("и?") is None
    assert quoted("вот " * 8) is None
    assert quoted("www.example.com?") is None


def test_a_question_that_only_counts_again_is_answered_by_the_sum() -> None:
    total = Deciding("sum", "Жилет: 3 × 500 ₸ = 1 500 ₸.")
    assert reckoned("пересчитайте", (total,)) and reckoned("а для трёх лодок?", (total,))
    assert not reckoned("пересчитайте", (Deciding("term", "Лодка: 4 (место)."),)), "nothing was counted"
    assert not reckoned("а баня для трёх гостей топится?", (total,))


def test_which_one_fits_is_answered_by_the_one_that_does() -> None:
    fits = Deciding("advised", "Вам подойдёт Абонемент.")
    assert reckoned("какую лодку нам взять?", (fits,))
    assert not reckoned("можно ли с собакой?", (fits,))


def test_an_amount_beside_one_that_was_judged_is_answered_with_it() -> None:
    judged = Deciding("confirmed", "1 500 ₸, а не 3 000 ₸: Жилет: 1 500 ₸.")
    assert reckoned("или 3000 с человека платить?", (judged,)) and not reckoned("или платить с человека?", (judged,))


def test_how_long_it_takes_is_told_by_a_section_that_has_a_term() -> None:
    term = Fact("Прокат", Decimal(3), unit="час", kind="term")
    found = replace(BOATS, section=replace(BOATS.section, facts=(term,)))
    for question in ("и сколько длится?", "how long does it take", "қанша уақыт алады?"):
        assert not left_out(("можно взять лодку?", question), (), (found,))
        assert left_out(("можно взять лодку?", question), (), (BOATS,))
    assert left_out(("можно взять лодку?", "и сколько длится баня?"), (), (found,))
