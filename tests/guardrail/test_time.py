"""Time of the guardrail: it grows with the draft and with what was said, not with its square, whatever both are made of.

It runs on the event loop, between a customer's message and the answers of all others.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.guardrail import Verdict, check, tidy
from app.guardrail.checks.bounds import FIGURES, LENGTH, MATCHES, MENTIONS
from app.knowledge.sections import load
from app.types import Passage, Section
from tests.guardrail.sample import LEXICON, in_shop
from tests.thrift import thinned

SECTIONS = {section.id: section for section in load(Path(__file__).parents[2] / "kb").sections}
PRICES = tuple(
    Passage(SECTIONS[name], 1.0)
    for name in ("pricing_overview", "pricing_plan_start", "pricing_plan_rost", "pricing_plan_set", "pricing_year")
)
EVERYTHING = tuple(Passage(section, 1.0) for section in SECTIONS.values())
HONEST = (
    "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин, «Старт» — 7 900 ₸. Первые 14 дней бесплатно, доставим за 3 дня. "
    "Скидка 5 % от 5 магазинов. Сколько у вас касс? Dukenta online hello."
)
PIECES = (
    "7(495)", "b@", "b@c.", "«б» ", "«б «в» ", "www.", "3x4 ", "3+4=7 ", "от 2 до 3 ", "нет ", "4 ", "7% ", "11.11 ", "три ",
    "№2 ", "([{", "09:30 ", "01.02.2026 ", "2 мая ", "тариф Сеть 24 900 ₸ ", "тариф «Сеть» 24 900 ₸, ", "12 тыс. 300 ",
    "за 2 дня настроим ", "раз в неделю ", "4 кассы ", "«Сеть» и «Рост» ", "даром ", "входит ", "отправил ", "уже готов ",
    "безлимит ", "завтра ", "24/7 ", "?", "а? ", "\n \n", "а\n", "а. ", "# ", "|", "![", "[б](http://б", "<", "b_", "{б}", "!!б",
    "qwen ", "скидка ",
)  # fmt: skip
SHORT, LONG = 2_000, 8_000
GROWTH, ALLOWED, QUICK = 6.0, 0.040, 0.006
"""Four is linear, sixteen is quadratic; seconds at LONG, and those that are nothing whatever their growth."""
TRIES, PAUSE_S = 5, 0.2
"""What else the machine does comes in bursts: each try waits longer than the one before."""


def repeated(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]


def spent(call: Callable[[], object]) -> float:
    """The best of up to three, each as if nothing had been read before."""
    best = float("inf")
    for _ in range(3):
        LEXICON.key.cache_clear()
        for module in [m for name, m in sys.modules.items() if name.startswith("app.guardrail")]:
            for value in vars(module).values():
                if getattr(value, "__module__", "").endswith((".knowledge", ".page", ".lexicon")):
                    continue  # a shop's words and sections are read once, when they are loaded
                getattr(value, "cache_clear", lambda: None)()
        begun = time.process_time()
        call()
        best = min(best, time.process_time() - begun)
        if best < QUICK:
            break
    return best


def holds(make: Callable[[int], Callable[[], object]]) -> str:
    """Empty where the time keeps its bounds, else what it was."""
    for tries in range(TRIES):  # a busy machine is not a slow draft
        time.sleep(PAUSE_S * tries)
        long = spent(make(LONG))
        growth = long / max(1e-9, spent(make(SHORT))) if long > QUICK else 0.0
        if growth < GROWTH and long < ALLOWED:
            return ""
    return f"{long * 1e3:.0f} ms, x{growth:.1f}"


@pytest.mark.parametrize("piece", thinned(PIECES, 2))
def test_a_draft_of_repeated_pieces_is_judged_in_time(piece: str) -> None:
    def make(length: int) -> Callable[[], Verdict]:
        draft, context = repeated(piece, length), in_shop(PRICES, customer=("сколько стоит Рост?",), never=("лучший",))
        return lambda: check(draft, context)

    assert not holds(make)
    longest = (spent(make(LENGTH - 1)) for tries in range(TRIES) if time.sleep(PAUSE_S * tries) is None)
    assert any(seconds < ALLOWED for seconds in longest), "the longest that is looked at"


@pytest.mark.parametrize("piece", thinned(PIECES, 2))
def test_a_text_of_repeated_pieces_is_tidied_in_time(piece: str) -> None:
    assert not holds(lambda length: lambda: tidy(repeated(piece, length), in_shop(())))


@pytest.mark.parametrize("piece", thinned(PIECES[::2], 2))
def test_what_was_said_before_does_not_multiply(piece: str) -> None:
    def make(length: int) -> Callable[[], Verdict]:
        said = tuple(f"{n} {repeated(piece, length)}" for n in range(24))
        return lambda: check(HONEST, in_shop(PRICES, customer=said, earlier=said))

    assert not holds(make)


@pytest.mark.parametrize(
    "piece", ["за 2 дня настроим ", "24 900 ₸ ", "7% ", "«Сеть» 24 900 ₸, ", "даром. ", "безлимит ", "3x4 "]
)
def test_a_section_of_repeated_pieces_is_read_in_time(piece: str) -> None:
    def make(length: int) -> Callable[[], Verdict]:
        section = Section(id=str(time.monotonic_ns()), title="Цены", category="x", text=repeated(piece, length))
        return lambda: check(HONEST, in_shop((Passage(section, 1.0),)))

    section = Section(id="s", title="Цены", category="x", text=repeated(piece, LONG))
    check(HONEST, in_shop((Passage(section, 1.0),)))
    assert spent(lambda: check(HONEST, in_shop((Passage(section, 1.0),)))) < ALLOWED
    for _ in range(3):
        begun = time.process_time()
        make(LONG)()
        long = time.process_time() - begun
        begun = time.process_time()
        make(SHORT)()
        growth = long / (time.process_time() - begun)
        if growth < GROWTH:
            break
    assert growth < GROWTH


@pytest.mark.parametrize(
    "draft",
    [
        "".join(f"На {n} магазинов «Рост» и «Сеть» за год выйдут {24_901 + n * 7} ₸. " for n in range(2, 21)),
        "".join(f"«Рост», «Старт» и «Сеть» за {n} месяцев это {14_900 * n + 1} ₸. " for n in range(2, 21)),
        "".join(f"{n} магазинов: «Рост» и «Сеть» вместе {14_900 * n + 24_900} ₸. " for n in range(2, 21)),
        "«Рост» и «Старт» " * (MENTIONS // 2) + "стоят 14 900 ₸",
        "если бы я не записал вас и не отправил счёт, то менеджер уже позвонил и гарантируем " * 12,
        "".join(f"Скидка {n} % от {n} магазинов. " for n in range(1, FIGURES // 2)),
    ],
)
def test_a_draft_just_within_the_bounds_is_judged_in_time(draft: str) -> None:
    context = in_shop(EVERYTHING, customer=(" ".join(str(n) for n in range(2, 400)),) * 3)
    check(draft, context)
    assert spent(lambda: check(draft, context)) < ALLOWED


@pytest.mark.parametrize(
    "draft",
    [
        "Да, это так. " * (LENGTH // 10),
        " ".join(f"Касса номер {n}." for n in range(FIGURES + 1)),
        "«Рост» — 14 900 ₸ в месяц. " * (FIGURES + 1),
        "«Рост» и «Старт». " * (MENTIONS // 2 + 1),
        "Кассир отправил чек, " * (MATCHES + 1),
    ],
)
def test_a_draft_fuller_than_an_answer_is_refused(draft: str) -> None:
    # Doubled sentences would be taken out before the draft is looked at: these stay.
    draft = "".join(f"{chr(0x430 + n % 32)}{chr(0x430 + n // 32)} {part}. " for n, part in enumerate(draft.split(". ")))
    assert "size" in {finding.check for finding in check(draft, in_shop(EVERYTHING)).findings}


def test_what_is_no_longer_heard_vouches_for_nothing() -> None:
    refusal = "Вместо 17 350 ₸ «Рост» стоит 14 900 ₸ в месяц."
    talk = tuple(f"{'ну вот ' * 280}{n}" for n in range(6))
    assert check(refusal, in_shop(PRICES, customer=("а 17 350 не хотите?",))).ok
    assert check(refusal, in_shop(PRICES, customer=(*talk, "а 17 350 не хотите?"))).ok, "the newest is always heard"
    assert not check(refusal, in_shop(PRICES, customer=("а 17 350 не хотите?", *talk))).ok


def test_a_long_message_is_cut_before_a_number_and_not_inside() -> None:
    message = "а " * 996 + "17 350 000"
    assert not check("Вместо 17 350 ₸ «Рост» стоит 14 900 ₸ в месяц.", in_shop(PRICES, customer=(message,))).ok


@pytest.mark.parametrize("draft", ["2 x 14 900 = 29 800", "Это 2 x 500 ₸", "5 x 7", "D x 3 POS"])
def test_a_latin_letter_between_numbers_is_no_product(draft: str) -> None:
    check(draft, in_shop(EVERYTHING))  # it was taken for one that none of its words belonged to
