"""Sections that a prompt's figures rest on beside those that it shows: how many, and which may be said."""

from datetime import date, timedelta
from decimal import Decimal

from app.guardrail import check
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.turn.prompting import bearing
from app.types import Deciding, DialogueState, Exchange, Fact, Key, Passage, Section, Snapshot
from tests.guardrail.sample import in_shop

TODAY = date(2026, 6, 1)
CUT = Fact("Стрижка", Decimal(4500), "KZT")


def shop(*sections: Section) -> Retriever:
    return Retriever(KnowledgeBase(sections, digest(sections)), today=TODAY)


def named(count: int, **more: object) -> tuple[Section, ...]:
    return tuple(
        Section(f"s{n}", "Стрижка стоит 4 500 ₸.", "c", title="Стрижка", facts=(CUT,), **more)  # type: ignore[arg-type]
        for n in range(count)
    )


def borne(sections: tuple[Section, ...], *decides: str, said: str = "", shown: tuple[str, ...] = ()) -> list[str]:
    history = (Exchange("?", said, "machine", revision=1),) if said else ()
    snapshot = Snapshot(Key("B", "U"), DialogueState(), 1, history=history)
    deciding = (Deciding("price", "4 500 ₸.", decides),) if decides else ()
    passages = [Passage(section, 1.0) for section in sections if section.id in shown]
    return [each.section.id for each in bearing(deciding, snapshot, shop(*sections), TODAY, passages)]


def test_of_a_price_that_we_named_two_sections_bear() -> None:
    assert borne(named(4), said="Стрижка стоит 4 500 ₸.") == ["s0", "s1"]


def test_six_sections_bear_at_most_and_those_of_what_decides_first() -> None:
    every = tuple(f"s{n}" for n in range(8))
    assert borne(named(8), *every) == list(every[:6])
    assert borne(named(8), "s7", said="Стрижка стоит 4 500 ₸.") == ["s7", "s0", "s1"]


def test_what_is_shown_or_has_ended_bears_nothing_more() -> None:
    assert borne(named(3), "s0", "s1", "s2", shown=("s1",)) == ["s0", "s2"]
    assert borne(named(2, valid_until=TODAY), "s0") == ["s0"]
    assert borne(named(2, valid_until=TODAY - timedelta(1)), "s0") == []


def test_what_is_wrong_is_told_by_its_place_in_the_draft() -> None:
    findings = check("Скидка 90 % всем. Тариф «Рост» стоит 123 ₸. Пишите на a@b.kz.", in_shop(())).findings
    assert [each.check for each in findings] == ["percent", "amount", "contact"]
    assert [each.start for each in findings] == sorted(each.start for each in findings)
