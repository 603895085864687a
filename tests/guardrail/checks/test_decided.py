"""What the facts decided of a message may be said in any words, of what it is and for the time that it is for."""

import pytest

from app.guardrail import Context, check
from app.types import Deciding, Passage, Section

PLANS = (
    Section(id="a", category="c", title="Прокат «Река»", text="Прокат «Река» стоит 4 000 ₸ в день за лодку."),
    Section(id="b", category="c", title="Прокат «Озеро»", text="Прокат «Озеро» стоит 7 000 ₸ в день за лодку."),
)
SUM = Deciding("sum", "Прокат «Река»: 6 × 4 000 ₸ − 5 % = 22 800 ₸ в день.")
FREE = Deciding("term", "Доставка лодки: бесплатно, заказ от 20 000 ₸.")


def ok(draft: str, *deciding: Deciding) -> bool:
    passages = tuple(Passage(section, 1.0) for section in PLANS)
    return check(draft, Context(passages=passages, customer=("шесть лодок, сколько?",), deciding=deciding)).ok


@pytest.mark.parametrize(
    "draft",
    [
        "Шесть лодок выйдут в 22 800 ₸ в день.",
        "На «Реке» это 22 800 ₸ в день.",
        "На «Реке» за вычетом 5 % это 22 800 ₸ в день.",
    ],
)
def test_a_sum_of_ours_is_said_in_other_words(draft: str) -> None:
    assert ok(draft, SUM)
    assert not ok(draft), "nobody has reckoned it"


@pytest.mark.parametrize(
    "draft",
    [
        "«Озеро» обойдётся в 22 800 ₸ в день.",
        "Шесть лодок на «Реке» выйдут в 22 800 ₸ в год.",
        "На «Реке» выйдет 22 700 ₸ в день.",
    ],
)
def test_of_another_thing_for_another_time_or_near_it_it_is_none_of_ours(draft: str) -> None:
    assert not ok(draft, SUM)


def test_what_a_sentence_of_ours_calls_free_is_free_and_nothing_else() -> None:
    assert ok("Доставка лодки в этот раз бесплатно.", FREE)
    assert not ok("Жилеты бесплатно.", FREE)
    assert not ok("Доставка лодки бесплатно.")
