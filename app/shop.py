"""Who answers, and what its trade speaks of, as the knowledge base says it."""

from dataclasses import dataclass
from typing import Literal

ThingKind = Literal["common", "topic", "limited", "seat", "latin"]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a shop's trade speaks of, and its words in all languages, folded: by them a draft is understood.

    `begins` are beginnings of words, `whole` are whole words. A price can be paid for each thing that has a `unit`: its
    own name, or that of the wider thing which it is counted as. `kinds`: its name tells no product from another
    (`common`), a term can be about it (`topic`), plans hold only so many (`limited`), plans are told apart by how many
    (`seat`), a word that no product is known by although its letters are Latin (`latin`).
    """

    name: str
    begins: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    unit: str = ""
    kinds: tuple[ThingKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Shop:
    """Who answers, as the knowledge base says it; empty where it does not."""

    name: str = ""
    sells: str = ""
    """What is sold, in a line."""
    things: tuple[Thing, ...] = ()
    """What its trade speaks of."""
