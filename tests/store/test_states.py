"""A conversation's state on disk: what the release before wrote is read, and what this one writes the other reads."""

import pytest

from app.store.states import of_stored_form, stored_form
from app.types import DialogueState

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
