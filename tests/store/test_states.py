"""A conversation's state on disk: what the release before wrote is read, and what this one writes the other reads."""

import json
from dataclasses import fields, replace

import pytest

from app.store.states import of_stored_form, stored_form
from app.types import DialogueState, Pending

OLD = {"flow": "bant", "said": ["greeting", "closed_notice:1732000000", "need", "switched:spin_selling", "paused"]}


def test_marks_of_the_release_before_are_typed() -> None:
    state = of_stored_form(OLD)
    assert state.said == ("greeting", "need")
    assert (state.paused, state.off_topic, state.wants_person) == (True, False, False)
    assert (state.notice_at, state.switched_from) == (1732000000, ("spin_selling",))


@pytest.mark.parametrize("mark", ["paused", "off_topic", "wants_person"])
def test_what_is_typed_is_stored_as_the_release_before_reads_it(mark: str) -> None:
    state = DialogueState(said=("greeting",), switched_from=("bant",), notice_at=5, **{mark: True})
    stored = stored_form(state)
    assert stored["said"] == ("greeting", "switched:bant", mark, "closed_notice:5")
    assert set(stored) == {
        "flow", "stage", "slots", "pending", "asked", "said", "language", "closed", "handed_over", "last_action", "turns",
        "seen_at",
    }  # fmt: skip
    assert of_stored_form(stored) == state


@pytest.mark.parametrize("said", [["closed_notice:soon"], 5, [["x"]]])
def test_a_state_that_is_none_is_refused(said: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        of_stored_form({"said": said, "pending": {"slot": []}})


WHOLE = DialogueState(
    flow="bant", stage="need", slots={"shops": "3"}, pending=Pending("contact", 1), asked={"shops": 2},
    said=("greeting", "need"), switched_from=("spin_selling", "snap"), off_topic=True, paused=True, wants_person=True,
    priced=True, notice_at=1732000000, language="kk", wished="en", lane="complaint", closed=True, handed_over=True,
    last_action="handover", turns=7, seen_at=1732000001.5,
)  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(DialogueState)])
def test_all_that_is_remembered_is_read_back_alone_and_with_the_rest(name: str) -> None:
    alone = replace(DialogueState(), **{name: getattr(WHOLE, name)})
    assert alone != DialogueState(), "every field has a value of its own here"
    for state in (alone, replace(WHOLE, **{name: getattr(DialogueState(), name)}), WHOLE):
        assert of_stored_form(json.loads(json.dumps(stored_form(state)))) == state


def test_marks_stand_behind_what_was_said_in_their_order() -> None:
    assert stored_form(WHOLE)["said"] == (
        "greeting", "need", "switched:spin_selling", "switched:snap", "off_topic", "paused", "wants_person", "priced",
        "wished:en", "lane:complaint", "closed_notice:1732000000",
    )  # fmt: skip
    assert stored_form(DialogueState())["said"] == ()


def test_a_later_schemas_keys_are_passed_over_and_missing_ones_take_their_default() -> None:
    assert of_stored_form({"turns": 2, "mood": "bright"}) == DialogueState(turns=2)
    assert of_stored_form({"said": ["closed_notice:1", "closed_notice:2", "wished:kk", "wished:en"]}) == DialogueState(
        notice_at=2, wished="kk"
    )
