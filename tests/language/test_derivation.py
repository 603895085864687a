"""What is done and the doing of it are words of one stem; a thing that only begins like them is none."""

import pytest

from app.language.derivation import STEMS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("шлифуете", "шлифовку"),
        ("упаковать", "упаковка"),
        ("страхуем", "страховки"),
        ("брошюровать", "брошюровкой"),
        ("очистите", "очистка"),
    ],
)
def test_a_verb_and_its_noun_are_akin(one: str, other: str) -> None:
    assert STEMS.akin(one, other)
    assert STEMS.akin(other, one)


@pytest.mark.parametrize(("one", "other"), [("парк", "парковка"), ("зимой", "зимовка")])
def test_a_thing_that_begins_like_a_verb_is_not_what_is_done(one: str, other: str) -> None:
    assert not STEMS.akin(one, other)
