"""Names that a message only speaks of, beside what it asks the price of: they are neither priced nor wanted by it."""

from collections.abc import Iterator, Sequence

from app.figures.wanted import Wanted
from app.figures.words import Token, asked, listed, segments, tokens

_ENDS = frozenset(".!?\n")
_ASKS = frozenset({"price", "sum", "cheapest", "instalment", "discount", "difference", "saving", "included"})


def spoken_of(text: str, wanted: Wanted) -> Iterator[tuple[int, int]]:
    """Places of those names, with the number before each.

    They stand in a question of their own beside the one that asks a price, or in one that asks why.
    """
    if not wanted.named:
        return
    found = tokens(text)
    parts = list(_sentences(text, found))
    priced = [bool(asked([t.folded for t in found[a:b]]) & _ASKS) for a, b, _ in parts]
    for mention in wanted.named:
        number = next((n for n, (a, b, _) in enumerate(parts) if found[a].start <= mention.start < found[b - 1].end), 0)
        first, last, mark = parts[number]
        words = [token.folded for token in found[first:last]]
        takes = any(listed("taking").get(word) is not None for word in words)
        why = "?" in mark and not priced[number] and any(word in listed("whys") for word in words)
        apart = len(parts) > 1 and any(priced) and not priced[number] and not takes and "?" in mark
        if why or apart:
            yield _with_number(found, mention.start), mention.end


def _sentences(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """[first, last) places of the words of each sentence, and the mark that ends it."""
    begun = 0
    for first, last in segments(text, found):
        end = found[last].start if last < len(found) else len(text)
        mark = text[found[last - 1].end : end]
        if last == len(found) or not _ENDS.isdisjoint(mark):
            yield begun, last, mark
            begun = last
        del first


def _with_number(found: Sequence[Token], start: int) -> int:
    place = next((n for n, token in enumerate(found) if token.start >= start), 0)
    return found[place - 1].start if place and found[place - 1].number else start
