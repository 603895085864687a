"""Of several questions none is passed over in silence."""

from app.composing.unanswered import leaves_out
from app.types import Deciding, Passage, Section

BOATS = Passage(
    Section(id="a", title="Прокат лодок", text="Лодку берут на час.", category="c", questions=("взять лодку на день",)),
    1,
)
PRICE = Deciding("price", "Жилет: 500 ₸ в день.")


def test_a_question_that_nothing_is_about_is_left_out() -> None:
    assert leaves_out(("можно взять лодку?", "есть ли у вас баня?"), (), (BOATS,))
    assert leaves_out(("сколько стоит жилет?", "а баня у вас есть?"), (PRICE,), ())


def test_what_one_answer_or_one_price_is_about_is_not() -> None:
    assert not leaves_out(("можно взять лодку?", "а на день лодку?"), (), (BOATS,))
    assert not leaves_out(("можно взять лодку?", "сколько стоит жилет?"), (PRICE,), (BOATS,))


def test_one_question_or_no_answer_leaves_nothing_out() -> None:
    assert not leaves_out(("есть ли у вас баня?",), (), (BOATS,))
    assert not leaves_out(("есть ли у вас баня?", "а лодка?"), (), ()), "that nothing was found is said by itself"
