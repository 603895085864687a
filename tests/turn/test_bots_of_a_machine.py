"""Whose a conversation is, and how much of a sentence a bot's knowledge must bear out."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.errors import ConfigError
from app.turn.bots import Bots, least_share


def bots() -> Bots:
    made = {name: cast(Any, SimpleNamespace(name=name)) for name in ("default", "salon", "shop")}
    patterns = (("SALON_*", "salon"), ("S*", "shop"), ("SALON_1", "shop"), ("?2", "salon"))
    return Bots(made["default"], {name: made[name] for name in ("shop", "salon")}, patterns)


@pytest.mark.parametrize(
    ("session", "name"),
    [
        ("SALON_1", "salon"), ("SALON_", "salon"), ("S", "shop"), ("SALO", "shop"), ("x2", "salon"), ("xx2", "default"),
        ("salon_1", "default"), ("", "default"),
    ],
)  # fmt: skip
def test_a_conversation_belongs_to_the_first_pattern_that_it_matches(session: str, name: str) -> None:
    assert bots().for_session(session).name == name


def test_all_bots_are_told_the_default_one_first_and_an_unknown_one_is_named() -> None:
    assert [bot.name for bot in bots().all()] == ["default", "shop", "salon"]
    assert [bots().named(name).name for name in ("default", "salon")] == ["default", "salon"]
    with pytest.raises(ConfigError, match="there is no bot 'spa'; known: default, shop, salon"):
        bots().named("spa")


@pytest.mark.parametrize(
    ("share", "sections", "least"),
    [(None, 1, 0.8), (None, 3, 0.8), (None, 4, 0.0), (0.5, 1, 0.5), (0.5, 100, 0.5), (0, 1, 0)],
)
def test_a_page_or_two_are_quoted_and_a_shop_is_told_in_ones_own_words(
    share: float | None, sections: int, least: float
) -> None:
    assert least_share({"en": share}, "en", sections) == least
    assert least_share({"en": share}, "ru", sections) == 0, "a language that is not named is not asked"
