"""What is taken for a time and given back, said by a verb or with a number: «rent two terminals for 5 months»."""

from collections.abc import Sequence

from app.figures.mentioned import place_of
from app.figures.read import exact
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.words import Token, common, folded, listed, same, segments, tokens, written
from app.language.durations import durations
from app.language.numerals import numbers

_MOST = 1000
"""Pieces."""
_AHEAD = 2
"""Words between a number and the noun that it counts."""


def let(text: str, catalogue: Catalogue) -> str:
    """The text with the name of what is let in the place of the words for it, its number before it. Linear in the text.

    As it stands where it names something else, or buys as well: which of the two is better is not for us to choose.
    """
    found = tokens(text)
    if not any(token.raw in written("lets") for token in found):
        return text
    for first, last in segments(text, found):
        part = found[first:last]
        if any(token.raw in written("lets") for token in part) and (said := _said(text, part, catalogue)) is not None:
            return said
    return text


def lets_and_buys(part: Sequence[Token]) -> bool:
    """Whether words speak of both."""
    return any(t.raw in written("lets") for t in part) and any(t.raw in written("buys") for t in part)


def let_offer(text: str, part: Sequence[Token], catalogue: Catalogue) -> tuple[Offer, list[Token]] | None:
    """The one thing that is let which words name, and the words that name it; None where they name another thing."""
    lets = [offer for offer in catalogue.offers if listed("letting").get(catalogue.head(offer.key)) is not None]
    begins, ends = part[0].start, part[-1].end
    rows: dict[str, list[Token]] = {}
    for mention in catalogue.named(_without_numbers(text)) if lets else ():
        if not mention.own or not begins <= mention.start < ends:
            continue
        said = folded(text[mention.start : mention.end])
        meant = [o for o in lets if _named_by(said, o) or any(of_it(k, o, catalogue) for k in mention.tied)]
        if not meant and mention.key is not None:
            return None
        for offer in meant:
            rows.setdefault(offer.key, []).extend(t for t in part if mention.start <= t.start < mention.end)
    only = catalogue.get(min(rows)) if len(rows) == 1 else None
    return (only, _content(rows[only.key])) if only is not None else None


def _content(words: Sequence[Token]) -> list[Token]:
    return [t for t in words if not t.number and t.folded not in common() and t.raw not in written("lets")]


def of_it(key: str | None, offer: Offer, catalogue: Catalogue) -> bool:
    """Whether a product is what the offer lets: all words of its name stand in that of the offer."""
    other = catalogue.get(key) if key is not None else None
    return other is not None and _named_by(folded(other.name), offer)


def _named_by(words: Sequence[str], offer: Offer) -> bool:
    """Whether all words that say something stand in the name of the offer, in any form."""
    own = folded(offer.name)
    said = [word for word in words if word not in common()]
    return bool(said) and all(any(same(word, each) for each in own) for word in said)


def _without_numbers(text: str) -> str:
    """The text with blanks for the numbers in words: «два» is no «Duo»."""
    for number in numbers(text):
        if not text[number.start : number.end].isdigit():
            text = f"{text[: number.start]}{' ' * (number.end - number.start)}{text[number.end :]}"
    return text


def _said(text: str, part: Sequence[Token], catalogue: Catalogue) -> str | None:
    meant = let_offer(text, part, catalogue) if not lets_and_buys(part) else None
    if meant is None or not meant[1]:
        return None
    offer, words = meant
    number = counted_let(text, part, words)
    if number is None and any(n.key == offer.key for n in catalogue.named(text)):
        return None  # it is named in full, and nothing is counted
    gone = [(t.start, t.end) for t in part if t in words or t.raw in written("lets") or _leads(part, t)]
    gone += [number[:2]] if number is not None else []
    place = number[0] if number is not None else words[0].start
    count = f"{number[2]} " if number is not None else ""
    pieces: list[str] = []
    at = 0
    for begin, end in sorted(gone):
        pieces += [text[at:begin], f" {count}{offer.name} " if begin == place else ""]
        at = end
    return "".join((*pieces, text[at:])).strip()


def counted_let(text: str, part: Sequence[Token], words: Sequence[Token]) -> tuple[int, int, int] | None:
    """(start, end, value) of the number that counts it."""
    spans = [(d.start, d.end) for d in durations(text)]
    for number in numbers(text):
        if not exact(number) or number.value % 1 or not 1 < number.value <= _MOST:
            continue
        if any(start <= number.start < end for start, end in spans) or not part[0].start <= number.start < part[-1].end:
            continue
        last = place_of(part, number.end)
        if any(token in words for token in part[last : last + _AHEAD]):
            return number.start, number.end, int(number.value)
    return None


def _leads(part: Sequence[Token], token: Token) -> bool:
    """«In» of «in rent»: what stands before the word for letting."""
    place = part.index(token)
    behind = part[place + 1] if place + 1 < len(part) else None
    return behind is not None and behind.raw in written("lets") and token.raw in written("inplaces")
