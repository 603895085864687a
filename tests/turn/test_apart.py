"""Several questions of one message: what each goes on with, and what it is asked again with where it finds nothing."""

from app.knowledge.found import Found
from app.turn.apart import going_on, leaning, likeliest_first, with_going_on
from app.types import Passage, Section


def found(*named: tuple[str, float]) -> Found:
    return Found(tuple(Passage(Section(name, "t", "c"), 1.0, {}, chance) for name, chance in named))


def test_questions_that_name_nothing_go_on_with_what_was_named_before_all_of_them() -> None:
    asked = ("сколько стоит?", "за сколько дней?")
    assert list(leaning(asked, "перекроете крышу?")) == [(text, "перекроете крышу?") for text in asked]
    after = ("а трубы меняете?", *asked)
    assert [last for _, last in leaning(after, "перекроете крышу?")] == [None, after[0], after[0]]
    assert [last for _, last in leaning(("сколько дней?",), None)] == [None]


def test_a_question_that_finds_nothing_likely_is_asked_with_the_one_before_it_that_does() -> None:
    asked = ("замена окон почём", "что из бумаг готовить", "а гарантия")
    alone = (found(("windows", 0.8)), found(("contract", 0.1)), found(("guarantee", 0.7)))
    assert list(going_on(asked, alone)) == [(1, "замена окон почём что из бумаг готовить")]
    assert not list(going_on(asked[1:2], alone[1:2])), "there is none before it"


def test_what_it_finds_then_is_its_own_and_likely() -> None:
    alone = (found(("windows", 0.8)), found(("contract", 0.1)))
    more = {1: found(("windows", 0.9), ("papers", 0.5), ("contract", 0.2))}
    assert [p.section.id for p in with_going_on(alone, more)[1].passages] == ["papers", "contract"]
    unlikely = {1: found(("windows", 0.9), ("papers", 0.3))}
    assert with_going_on(alone, unlikely) == alone


def test_the_likeliest_goes_before_what_only_shares_small_words() -> None:
    near = found(("costs", 0.2), ("delivery", 0.6), ("couriers", 0.1)).passages
    assert [p.section.id for p in likeliest_first(near)] == ["delivery", "costs", "couriers"]
    for unchanged in (found(("costs", 0.5), ("delivery", 0.6)), found(("costs", 0.1), ("delivery", 0.3)), found()):
        assert likeliest_first(unchanged.passages) == unchanged.passages
