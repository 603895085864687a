"""A thing that broke, by its name and what happened to it: «the drawer died» needs no example of its own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.dialogue.hearing.reader import Reader

_LEAST = {"broken": 0.04, "fails": 0.25}
"""Probability of trouble below which these words mean something else."""
_OTHER = ("price", "purchase")
"""What somebody wants whose old thing broke."""
_WANTED = 0.3
_ANGRY = ("trouble", "complaint", "frustration")
"""What it sounds like when somebody's thing fails."""


def heard(reader: "Reader", acts: Mapping[str, float], names: set[str]) -> set[str]:
    """The intents with a device's trouble, or without it where another is looked for in its place."""
    if reader.places_of("replaces") and reader.places_of("device"):
        return names - {"trouble"} | ({"feature"} if "trouble" in names else set())
    if "trouble" in names and _only_confirms(reader):
        return names - {"trouble"} | {"feature"}
    if "applicant" in names and _his_own(reader):
        names = names - {"applicant"} | {"feature"}  # «may I work with a scanner of my own?» asks for no job
    if not _broke(reader, acts):
        return names
    return (names if reader.message.asking else names - {"feature"}) | {"trouble"}


def _only_confirms(reader: "Reader") -> bool:
    """«Do I get it right that it stops without a network?»: nothing broke that he tells of before."""
    confirms = min(reader.places_of("confirms"), default=None)
    breaks = (place for name in _LEAST for place in reader.places_of(name))
    return confirms is not None and bool(reader.message.asking) and all(confirms < place for place in breaks)


def _his_own(reader: "Reader") -> bool:
    """Whether a device is said to be his."""
    return any(place - 1 in reader.places_of("his_thing") for place in reader.places_of("device"))


def _broke(reader: "Reader", acts: Mapping[str, float]) -> bool:
    """Whether a clause tells that a device broke, and neither it nor the one before says that it only may."""
    if max(acts.get(act, 0.0) for act in _OTHER) >= _WANTED:
        return False
    tokens = reader.tokens
    supposed = {tokens[place].clause + behind for place in reader.places_of("supposed") for behind in (0, 1)}
    of_devices = {tokens[place].clause for place in reader.places_of("device")} - reader.message.asking - supposed
    chance = max(acts.get(act, 0.0) for act in _ANGRY)
    broken = (place for name, least in _LEAST.items() if chance >= least for place in reader.places_of(name))
    return any(tokens[place].clause in of_devices for place in broken)
