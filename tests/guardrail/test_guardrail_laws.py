"""Laws of the guardrail: it never fails, believes every fact said as it is, and no fact with another digit."""

import time
from decimal import Decimal
from functools import cache
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.guardrail import CHECKS, Context, check
from app.guardrail.text.folding import fold
from app.guardrail.text.sentences import spans
from app.knowledge import sections
from app.types import Fact, Passage, Section
from tests.guardrail.sample import in_shop
from tests.thrift import most

KB = Path(__file__).parents[2] / "kb"
PERIODS = {"month": "в месяц", "year": "в год", "once": "один раз", "hour": "в час"}
UNITS = {"магазин": "за магазин", "касса": "за кассу", "сотрудник": "за сотрудника", "компания": "за компанию", "штука": "за штуку",
         "час": "за час", "выезд": "за выезд", "заказ": "за заказ"}  # fmt: skip


@cache
def base() -> tuple[Section, ...]:
    return sections.load(KB).sections


def priced() -> list[tuple[Section, Fact]]:
    """Every price of the sample base that is one (a sum from which something holds is none)."""
    return [(s, f) for s in base() for f in s.facts if f.currency and f.amount and " от " not in f.name]


def context(section: Section, **more: object) -> Context:
    return in_shop((Passage(section, 1.0),), **more)  # type: ignore[arg-type]


def sentence(fact: Fact, amount: Decimal, grouped: bool, period: bool, unit: bool) -> str:
    """«Тариф «Старт» стоит 7 900 ₸ в месяц за магазин.»"""
    number = f"{amount:,.0f}".replace(",", " ") if grouped else f"{amount:.0f}"
    parts = [fact.name, "стоит", number, "₸"]
    if period and fact.period:
        parts.append(PERIODS[fact.period])
    if unit and fact.unit:
        parts.append(UNITS[fact.unit])
    return " ".join(parts) + "."


flags = st.booleans()


@given(st.sampled_from(priced()), flags, flags, flags)
def test_a_fact_said_as_it_is_passes(pair: tuple[Section, Fact], grouped: bool, period: bool, unit: bool) -> None:
    section, fact = pair
    verdict = check(sentence(fact, fact.amount, grouped, period, unit), context(section))

    assert verdict.ok, verdict.findings


@given(st.sampled_from(priced()), st.data(), flags, flags)
def test_a_fact_with_another_digit_is_refused(
    pair: tuple[Section, Fact], data: st.DataObject, grouped: bool, period: bool
) -> None:
    section, fact = pair
    digits = f"{fact.amount:.0f}"
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from([d for d in "123456789" if d != digits[place]]))
    changed = Decimal(digits[:place] + digit + digits[place + 1 :])

    verdict = check(sentence(fact, changed, grouped, period, False), context(section))

    assert {"amount", "currency"} & {finding.check for finding in verdict.findings}


@given(st.sampled_from(priced()), st.sampled_from(sorted(PERIODS)))
def test_a_fact_with_another_period_is_refused(pair: tuple[Section, Fact], period: str) -> None:
    section, fact = pair
    known = {f.period for f in section.facts if f.name == fact.name} | ({"hour"} if fact.unit == "час" else set())
    verdict = check(f"{fact.name} стоит {fact.amount:.0f} ₸ {PERIODS[period]}.", context(section))

    assert verdict.ok == (period in known)


@given(st.sampled_from(base()))
def test_every_section_of_the_sample_base_may_be_said_as_it_is(section: Section) -> None:
    verdict = check(section.text, context(section, language=section.language))

    assert verdict.ok, verdict.findings


ALPHABET = st.sampled_from(
    "абвгжиклмнопрстуяәіқ АБВС abcxyz 0123456789 .,;:!?…—–-()[]{}«»\"'`*_#>|/\\=+×%₸$€\n\t\u00a0\u200b\ufeff你好🙂ÅİßﬀǰΣ"
)
WORDS = st.sampled_from(
    "тариф «Рост» «Старт стоит 14 900 ₸ 7900 тг 5к в месяц за год скидка 10 % от 5 магазинов бесплатно 14 дней "
    "24/7 09:00 <think> </think> **жирно** 1. • | --- ```json { } {{x}} Ассистент: Здравствуйте! он бес мың теңге "
    "записал вас гарантируем two shops × = + не вы мы D-Print 80 т. е. тыс. до .".split(" ")
)
DRAFTS = st.one_of(
    st.text(max_size=200),
    st.text(ALPHABET, max_size=300),
    st.lists(WORDS, max_size=40).map(" ".join),
    st.lists(WORDS).map("\n".join),
)


@settings(deadline=None, max_examples=most(300))
@given(DRAFTS, st.sampled_from(("ru", "kk", "en")), st.lists(DRAFTS, max_size=2), flags)
@example("1" * 5000, "ru", [], False)
@example("٣٤٥ ₸ ½ ² 𝟏𝟐 тыс", "ru", [], False)
@example("«" * 300 + "?" * 300, "ru", [], True)
def test_it_never_raises_and_an_ok_text_stays(draft: str, language: str, customer: list[str], greeted: bool) -> None:
    passages = tuple(Passage(s, 1.0) for s in base()[:3])
    around = in_shop(
        passages,
        tuple(customer),
        language=language,
        greeted=greeted,
        own=(draft[:20],),
        system="Ты продавец. " * 5,
        never=("да",),
    )  # type: ignore[arg-type]
    verdict = check(draft, around)

    assert verdict.ok == (not verdict.findings)
    for finding in verdict.findings:
        assert finding.check in CHECKS
        assert finding.detail
        assert 0 <= finding.start <= finding.end <= len(draft)
    if verdict.ok:
        again = check(verdict.text, around)
        assert again.ok
        assert again.text == verdict.text


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text())
def test_sentences_are_in_order_and_inside(text: str) -> None:
    last = 0
    for a, b in spans(text):
        assert last <= a < b <= len(text)
        last = b


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from("магазин касса товар, продажа; отчёт — остаток и чек склад".split(" ")),
        min_size=20,
        max_size=120,
    )
)
def test_long_sentences_get_breaks_that_pieces_can_be_cut_at(words: list[str]) -> None:
    text = check(" ".join(words) + ".", in_shop(())).text

    assert all(len(line) <= 200 for line in text.split("\n")), "a messenger's piece, as the guardrail's page says"
    assert text.replace("\n", " ").split() == (" ".join(words) + ".").split()


def test_it_is_fast_enough_for_every_turn() -> None:
    section = next(s for s in base() if s.id == "pricing_overview")
    draft = section.text * 2
    around = context(section)
    check(draft, around)
    best = min(_timed(draft, around) for _ in range(10))

    assert best < 0.02, "ten times what is promised: a busy machine is no failure, a quadratic check is"


def _timed(draft: str, around: Context) -> float:
    started = time.perf_counter()
    check(draft, around)
    return time.perf_counter() - started
