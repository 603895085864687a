"""What a conversation has come to before a message: what is wanted, how many of it, and what is not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from app.figures.packs import as_packs
from app.figures.read import Read
from app.figures.righted import righted
from app.figures.shop.catalogue import Catalogue
from app.figures.talk.allotting import allotted
from app.figures.talk.basket import Basket, Parse, heard
from app.figures.wanted import Wanted, wanted
from app.figures.words import tokens, written
from app.knowledge.retriever import Retriever
from app.language.durations import durations
from app.language.money import money
from app.language.numerals import numbers
from app.language.scripts import meant
from app.types import Snapshot

_REMEMBERED = 24
"""Messages back that a quantity, a product or a refusal of one is remembered from."""
LONGEST = 1000
"""Characters of a message that are read."""
_RECALLED = 300
"""The same of one in the history,"""
_ALTOGETHER = 2800
"""and of all of them: what is read back is read in every turn."""


def recalled(snapshot: Snapshot, found: Retriever, counted: Mapping[str, str]) -> Basket:
    """`counted`: what he said there is so much of, by the shop's words for it."""
    *_, basket = recollecting(snapshot, found, counted)
    return basket


def recollecting(snapshot: Snapshot, found: Retriever, counted: Mapping[str, str]) -> Iterator[Basket]:
    """What is wanted before his messages, and behind each: a long history is read in parts."""
    catalogue = found.catalogue
    units = {catalogue.units.key(name): value for name, value in counted.items()}
    told = tuple((unit, Decimal(value)) for unit, value in units.items() if unit is not None)
    yield (basket := Basket(told=told))
    for text in _said(snapshot):
        yield (basket := _after(in_its_words(text, found), basket, found.brands, catalogue))


def _said(snapshot: Snapshot) -> list[str]:
    """His newest messages, oldest first, as far as they are read back."""
    read: list[str] = []
    left = _ALTOGETHER
    for exchange in reversed(snapshot.history[-_REMEMBERED:]):
        text = (exchange.user or "")[:_RECALLED]
        left -= len(text)
        if left < 0:
            break
        read.append(text)
    return [text for text in reversed(read) if text]


@lru_cache(maxsize=1024)
def _after(text: str, before: Basket, names: frozenset[str], catalogue: Catalogue) -> Basket:
    """What a message of the history comes to: the same in every turn behind it."""
    return heard(text, before, catalogue, lambda said: _parsed(said, names, catalogue)).after


def as_heard(basket: Basket, text: str, counted: Mapping[str, str], found: Retriever) -> Basket:
    """The basket with what the dialogue has heard in this message, where it reads as no count by itself."""
    read, asked = parser(found)(text)
    said = {number.value for number in read.numbers}
    units = found.catalogue.units
    own = {unit: Decimal(value) for name, value in counted.items() if (unit := units.key(name)) is not None}
    heard_ = {unit: n for unit, n in own.items() if n in said and unit not in asked.quantities}
    split = allotted(read, asked, basket, found.catalogue) if heard_ else None
    if split is not None and split.anew:
        heard_.pop(split.unit, None)  # «one of them on Start» is none of how many there are
    return replace(basket, told=tuple({**dict(basket.told), **heard_}.items())) if heard_ else basket


def without(basket: Basket, words: Sequence[str], found: Retriever) -> Basket:
    """The basket without what these words name."""
    parse = parser(found)
    named = [n for each in words for n in parse(_turned(each[:_RECALLED]))[1].named]
    gone = frozenset(key for n in named for key in ((n.key,) if n.key is not None else n.tied if n.own else ()))
    unclear = gone - {n.key for n in named}
    gone = gone - (unclear - set(basket.keys))
    if not gone:
        return basket
    return replace(
        basket,
        items=tuple(item for item in basket.items if item.key not in gone),
        focus=tuple(key for key in basket.focus if key not in gone),
        rejected=basket.rejected | gone,
    )


def _turned(words: str) -> str:
    """What is rejected of «three of these but no drawer»: what stands behind the word that turns to it."""
    ends = [token.end for token in tokens(words)[1:-1] if token.raw in written("turning")]
    return words[ends[-1] :] if ends else words


def in_its_words(text: str, found: Retriever) -> str:
    """The text in the words of the sections, the names of what is sold as they were written."""
    return _worded(text, found.catalogue, found.in_its_words)


@lru_cache(maxsize=1024)
def _worded(text: str, catalogue: Catalogue, worded: Callable[[str], str]) -> str:
    """The same in every turn behind it."""
    named = [n for n in catalogue.named(text) if n.key is not None and n.own]
    ends = [0, *(n.end for n in named)]
    between = [text[end : n.start] for end, n in zip(ends, named, strict=False)]
    pieces = [f"{worded(part)}{text[n.start : n.end]}" for part, n in zip(between, named, strict=True)]
    return "".join(pieces) + worded(text[ends[-1] :])


def parser(found: Retriever) -> Parse:
    """Reads a text for the figures of a shop; each is met by several turns behind it."""
    return lambda text: _parsed(text, found.brands, found.catalogue)


@lru_cache(maxsize=1024)
def _parsed(text: str, names: frozenset[str], catalogue: Catalogue) -> tuple[Read, Wanted]:
    text = meant(text[:LONGEST], names).text
    text = righted(text, numbers(text), catalogue)
    read = Read(text, numbers(text), money(text), durations(text))
    return read, as_packs(text, wanted(read, catalogue), catalogue)
