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


def heard(reader: "Reader", acts: Mapping[str, float], names: set[str]) -> set[str]:
    """The intents with a device's trouble, or without it where another is looked for in its place."""
    if reader.places_of("replaces") and reader.places_of("device"):
        return names - {"trouble"} | ({"feature"} if "trouble" in names else set())
    if not _broke(reader, acts):
        return names
    return (names if reader.message.asking else names - {"feature"}) | {"trouble"}


def _broke(reader: "Reader", acts: Mapping[str, float]) -> bool:
    """Whether a clause tells that a device broke, and none says that it only may."""
    if reader.places_of("supposed") or max(acts.get(act, 0.0) for act in _OTHER) >= _WANTED:
        return False
    of_devices = {reader.tokens[place].clause for place in reader.places_of("device")} - reader.message.asking
    chance = acts.get("trouble", 0.0)
    broken = (place for name, least in _LEAST.items() if chance >= least for place in reader.places_of(name))
    return any(reader.tokens[place].clause in of_devices for place in broken)
