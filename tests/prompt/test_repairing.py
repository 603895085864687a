"""What a refused draft is answered with: plain words of one language, and the figure that is right."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from app.guardrail import CHECKS, Context, check
from app.prompt import Wrong, corrected
from app.prompt.repairing import reason
from app.prompt.words import table
from app.types import ChatMessage, Deciding, DialogueState, Fact, Passage, Prompt, Section, Step
from loadtests.service import ROOT

FACTS = (
    Fact("Стрижка", Decimal(4500), "KZT", "визит"),
    Fact("Укладка", Decimal(6000), "KZT", "визит"),
    Fact("Скидка на первый визит", Decimal(10), unit="%", kind="discount"),
    Fact("Гарантия на окрашивание", Decimal(7), unit="день", kind="term"),
)
SECTION = Section("prices", "Стрижка стоит 4 500 ₸, укладка 6 000 ₸.", "c", facts=FACTS)
PASSAGE = Passage(SECTION, 1.0)


def prompt(*deciding: Deciding) -> Prompt:
    messages = (ChatMessage("user", "⟦kvqzhd⟧\nсколько?\n⟦/kvqzhd⟧"),)
    return Prompt(Step("answer", "price", DialogueState()), (PASSAGE,), (), "сколько?", "", messages, deciding=deciding)


def demand(draft: str, *wrong: Wrong, deciding: tuple[Deciding, ...] = ()) -> str:
    return corrected(prompt(*deciding), draft, wrong).messages[-1].content


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_has_its_words(name: str) -> None:
    rows = table("words")["wrong"][name]
    assert rows[-1]["has"] == "", "one for whatever it finds"
    for row in rows:
        assert set(row) == {"has", "says"}, "a text with a comma is quoted"
        assert re.search("[а-я]", row["says"]) and not re.search("[A-Za-z]", row["says"])
    assert set(table("words")["wrong"]) == set(CHECKS)


def test_what_is_looked_for_in_a_finding_is_what_checks_say() -> None:
    """A finding that is worded anew would fall to the words for any other."""
    said = "\n".join(path.read_text("utf-8") for path in (ROOT / "app" / "guardrail").rglob("*.py"))
    for name, rows in table("words")["wrong"].items():
        assert [row["has"] for row in rows if row["has"] not in said] == [], name


def test_a_check_of_a_later_release_is_told_somehow() -> None:
    assert re.search("[а-я]", reason(Wrong("unheard of", "anything", "")))


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("Стрижка стоит 3 900 ₸.", "«3 900 ₸»: такой цены в фактах нет"),
        ("Сегодня дарим скидку 40 %.", "«40 %»: такого процента в фактах нет"),
        ("Мы записали вас на завтра.", "этого ты не делал"),
        ("Запишу вас на завтра.", "этого ты не можешь: не обещай"),
        ("Дам вам скидку.", "«Дам вам скидку»: скидок и подарков не обещай"),
        ("Укладка бесплатно.", "в фактах не сказано, что это бесплатно или в подарок"),
    ],
)
def test_a_real_finding_is_told_in_the_prompts_language(draft: str, said: str) -> None:
    verdict = check(draft, Context((PASSAGE,), customer=("сколько?",)))
    told = demand(draft, *(Wrong(f.check, f.detail, draft[f.start : f.end]) for f in verdict.findings))
    assert said in told
    assert not re.search(r"[A-Za-z]{3,}", told.replace("kvqzhd", "")), told


def test_the_right_figure_is_what_was_reckoned() -> None:
    sum_ = Deciding("sum", "Стрижка: 2 × 4 500 ₸ = 9 000 ₸.", ("prices",))
    told = demand("Две стрижки 8 000 ₸.", Wrong("amount", "no such price", "8 000 ₸"), deciding=(sum_,))
    assert "По фактам верно так:\nСтрижка: 2 × 4 500 ₸ = 9 000 ₸." in told
    unknown = Deciding("not_known", "Не сказано, сколько визитов.")
    assert "Не сказано" not in demand("Две стрижки 8 000 ₸.", Wrong("amount", "", "8 000 ₸"), deciding=(unknown,))


def test_else_it_is_the_figure_of_what_the_draft_names_and_of_the_kind_that_was_wrong() -> None:
    told = demand("Укладка стоит 5 000 ₸.", Wrong("amount", "no such price", "5 000 ₸"))
    assert "Укладка: 6 000 ₸" in told and "Стрижка" not in told and "10 %" not in told
    percent = demand("На первый визит скидка 20 %.", Wrong("percent", "", "20 %"))
    assert "10 %" in percent and "4 500" not in percent
    assert "7" in demand("Гарантия 30 дней.", Wrong("term", "", "30 дней"))


def test_what_is_no_figure_is_answered_with_none() -> None:
    assert "По фактам верно" not in demand("Мы вас записали.", Wrong("act", "", "записали"))


def test_what_is_right_stands_outside_the_frame_of_what_was_refused() -> None:
    told = demand("Укладка стоит 5 000 ₸.", Wrong("amount", "", "5 000 ₸"))
    framed, outside = told.split("⟦/kvqzhd⟧")
    assert "5 000" in framed and "5 000" not in outside and "6 000" in outside


WRONG = Wrong("amount", "no such price", "8 000 ₸")


def lines_behind(head: str, told: str) -> list[str]:
    return told.partition(f"{head}\n")[2].split("\n\n")[0].strip().split("\n") if head in told else []


@pytest.mark.parametrize("many", [3, 4, 5])
def test_four_figures_are_named_instead(many: int) -> None:
    sums = tuple(Deciding("sum", f"Сумма {n}: {n} 000 ₸.", ("prices",)) for n in range(1, many + 1))
    told = demand("Всё за 8 000 ₸.", WRONG, deciding=sums)
    assert [f"Сумма {n}:" in told for n in range(1, many + 1)] == [n <= 4 for n in range(1, many + 1)]
    facts = tuple(Fact(f"Услуга {n}", Decimal(1000 * n), "KZT") for n in range(1, many + 1))
    section = Section("prices", "Цены.", "c", facts=facts)
    asked = replace(prompt(), passages=(Passage(section, 1.0),))
    said = corrected(asked, "Всё за 8 000 ₸.", [WRONG]).messages[-1].content
    assert [f"Услуга {n}" in said for n in range(1, many + 1)] == [n <= 4 for n in range(1, many + 1)]


@pytest.mark.parametrize("many", [4, 5])
def test_four_things_that_were_not_said_are_named(many: int) -> None:
    missing = [f"Не сказано {n}." for n in range(1, many + 1)]
    told = corrected(prompt(), "Хорошо.", [], missing).messages[-1].content
    assert lines_behind("Не сказано:", told) == missing[:4]


def test_what_was_not_said_is_not_said_twice_nor_that_it_is_missing() -> None:
    sum_ = Deciding("sum", "Стрижка: 2 × 4 500 ₸ = 9 000 ₸.", ("prices",))
    wrong = [WRONG, Wrong("missing", "decides, and is not said", "Две стрижки")]
    told = corrected(prompt(sum_), "Две стрижки 8 000 ₸.", wrong, [sum_.said]).messages[-1].content
    assert told.count(sum_.said) == 1
    assert "«Две стрижки»" not in told and "«8 000 ₸»" in told
    assert "«Две стрижки»" in corrected(prompt(sum_), "Две стрижки 8 000 ₸.", wrong).messages[-1].content


@pytest.mark.parametrize(("check_", "named"), [("count", True), ("term", False), ("amount", False)])
def test_a_limit_answers_a_wrong_number(check_: str, named: bool) -> None:
    limit = Fact("Мест", Decimal(12), unit="место", kind="limit")
    asked = replace(prompt(), passages=(Passage(Section("hall", "12 мест.", "c", facts=(limit,)), 1.0),))
    told = corrected(asked, "Мест 15.", [Wrong(check_, "", "15")]).messages[-1].content
    assert ("12" in told) is named


def test_a_price_is_named_by_its_product_where_it_has_one() -> None:
    fact = Fact("Цена за визит", Decimal(4500), "KZT", product="Стрижка")
    asked = replace(prompt(), passages=(Passage(Section("a", "Цены.", "c", facts=(fact,)), 1.0),))
    assert "Стрижка: 4 500 ₸" in corrected(asked, "8 000 ₸.", [WRONG]).messages[-1].content
