"""Names that a message only speaks of, beside what it asks the price of: they are neither priced nor wanted by it."""

from collections.abc import Iterator, Sequence

from app.figures.shop.main import says_nothing
from app.figures.shop.naming import Named
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, listed, segments, tokens

_ENDS = frozenset(".!?\n")
_WHOLE = 1.2
"""What a name said in full counts for more than."""
_ASKS = frozenset({"price", "sum", "cheapest", "instalment", "discount", "difference", "saving", "included"})


def spoken_of(text: str, wanted: Wanted) -> Iterator[tuple[int, int]]:
    """Places of those names, with the number before each.

    They are half a name in a clause that tells, stand in a question of their own beside the one that asks a price, or
    in one that asks why.
    """
    if not wanted.named:
        return
    found = tokens(text)
    parts = list(_sentences(text, found))
    clauses = segments(text, found)
    priced = [bool(asked([t.folded for t in found[a:b]]) & _ASKS) for a, b, _ in parts]
    for mention in wanted.named:
        number = next((n for n, (a, b, _) in enumerate(parts) if found[a].start <= mention.start < found[b - 1].end), 0)
        first, last, mark = parts[number]
        words = [token.folded for token in found[first:last]]
        takes = any(listed("taking").get(word) is not None for word in words)
        why = "?" in mark and not priced[number] and any(word in listed("whys") for word in words)
        asks = "?" in mark or "yes_no" in asked(words) or any(word in listed("open") for word in words)
        apart = len(parts) > 1 and any(priced) and not priced[number] and not takes and asks
        part = next((found[a:b] for a, b in clauses if found[a].start <= mention.start < found[b - 1].end), ())
        if why or apart or (len(clauses) > 1 == len(wanted.named) and _told(mention, part)):
            yield _with_number(found, mention.start), mention.end


def _told(mention: Named, part: Sequence[Token]) -> bool:
    """Whether a part of a name stands in a clause that asks and takes nothing: «our stock is small»."""
    whole = bool(mention.candidates) and mention.candidates[0][1] > _WHOLE
    words = [token.folded for token in part if not mention.start <= token.start < mention.end]
    takes = any(listed(name).get(word) is not None for word in words for name in ("taking", "adding"))
    content = [word for word in words if not says_nothing(word)]
    return not whole and bool(content) and not takes and not asked(words) & (_ASKS | {"choose", "yes_no"})


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
