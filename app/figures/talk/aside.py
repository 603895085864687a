"""Names that a message only speaks of, beside what it asks the price of: they are neither priced nor wanted by it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.main import says_nothing
from app.figures.shop.naming import Named
from app.figures.sums.fitting import bounded
from app.figures.talk.rejecting import wishes
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, chooses, listed, segments, tokens, written
from app.language.numerals import numbers

_ENDS = frozenset(".!?\n")
_PIECE = "@piece"
_SEVERAL = 2
_SHORT = 4
"""Words of a sentence that only adds something."""
_WHOLE = 1.2
"""What a name said in full counts for more than."""
_ASKS = frozenset({"price", "sum", "cheapest", "instalment", "discount", "difference", "saving", "included"})


def spoken_of(text: str, wanted: Wanted, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    """Places of those names, with the number before each.

    They are half a name in a clause that tells, stand in a question of their own beside the one that asks a price, or
    in one that asks why.
    """
    if not wanted.named:
        return
    found = tokens(text)
    clauses = [found[first:last] for first, last in segments(text, found)]
    parts = [_Sentence(found[a:b], _within(clauses, found[a], found[b - 1]), m) for a, b, m in sentences(text, found)]
    # «Is there a drawer? And how much?» asks for the price of what it names.
    asked_for = any(part.priced for part in parts) and not all(part.bare for part in parts if part.priced)
    totals = any(word in listed("totals") for word in wanted.words)
    for mention in wanted.named:
        part = next((p for p in parts if p.begin <= mention.start < p.end), None)
        if part is None:
            continue
        apart = len(parts) > 1 and asked_for and not part.priced and not part.takes and part.asks
        # «Will X do? And Y, the total» is of both; «the total? And with delivery?» too.
        apart = apart and not (totals and part.suits) and not part.beside
        clause = next((c for c in clauses if c[0].start <= mention.start < c[-1].end), ())
        if _measured(clause, mention, wanted):
            yield _with_number(found, mention.start), mention.end  # «how long does the move take, and the total?»
        elif part.why or _reproached(clause, mention):
            yield _with_numbers(wanted, found, mention)  # «why one scanner?»: so many we said, and not he
        elif apart or (len(clauses) > 1 and _told(mention, clause) and (
            len(wanted.named) == 1 or _of_people(clause, mention, wanted, catalogue)
        )):  # fmt: skip
            yield _with_number(found, mention.start), mention.end


def told_of(text: str, wanted: Wanted) -> list[int]:
    """Places in `named` of what stands in a sentence that neither asks for a price nor takes anything: one of several,
    or one that asks whether it is needed."""
    if not wanted.named:
        return []
    found = tokens(text)
    parts = [(found[first:last], mark) for first, last, mark in sentences(text, found)]
    far: list[int] = []
    for part, mark in parts:
        words = [token.folded for token in part]
        spoken = [n for n, m in enumerate(wanted.named) if part[0].start <= m.start < part[-1].end]
        names = [t for t in part if not any(m.start <= t.start < m.end for m in wanted.named)]
        light = all(says_nothing(token.folded) for token in names)
        needs = "?" in mark and not wishes([word for word in words if word not in listed("needing")])
        if not spoken or asked(words) & _ASKS:
            continue
        if (needs and wishes(words)) or (len(parts) > 1 and not light and not wishes(words)):
            far += spoken  # «and do I need the drawer?» takes none
    return far


def unexplained(text: str, wanted: Wanted) -> list[str]:
    """The words that nothing explains, without those of a sentence that asks something else beside the price: they
    say nothing of what the rest is about. Nor do words that take a thing away."""
    found = tokens(text)
    rest = {word.lower() for word in wanted.rest}
    parts = [(found[first:last], mark) for first, last, mark in sentences(text, found)]
    priced = any(asked([token.folded for token in part]) & _ASKS for part, _ in parts)
    return [
        token.raw
        for part, mark in parts
        if not (priced and "?" in mark and not asked([token.folded for token in part]) & _ASKS)
        for token in part
        if token.raw in rest and listed("removing").get(token.folded) is None
    ]


class _Sentence:
    """The words of one sentence, and what they do."""

    __slots__ = ("asks", "bare", "begin", "beside", "end", "priced", "suits", "takes", "why")

    def __init__(self, part: Sequence[Token], clauses: Sequence[Sequence[str]], mark: str) -> None:
        words = [token.folded for token in part]
        kinds = asked([word for word in words if word not in listed("whys")])  # «почему» is no form of «почём»
        self.begin, self.end = part[0].start, part[-1].end
        self.priced = bool(kinds & _ASKS) or chooses(words) or any(map(_which, clauses))
        self.bare = all(says_nothing(word) or asked((word,)) & _ASKS for word in words)
        self.suits = any(listed("suiting").get(word) is not None for word in words)
        self.takes = wishes(words)
        self.beside = _comes_beside(part)
        self.asks = "?" in mark or "yes_no" in kinds or any(word in listed("open") for word in words)
        self.why = "?" in mark and not self.priced and any(word in listed("whys") for word in words)


def _within(clauses: Sequence[Sequence[Token]], first: Token, last: Token) -> list[list[str]]:
    """The words of the clauses from one token to another."""
    inside = (clause for clause in clauses if first.start <= clause[0].start <= last.start)
    return [[token.folded for token in clause] for clause in inside]


def _which(words: Sequence[str]) -> bool:
    """«Which plan, then?»: it asks for one of them, and says nothing else."""
    which = [word for word in words if word in listed("choosing")]
    return bool(which) and len([word for word in words if word not in which and not says_nothing(word)]) == 1


def _of_people(clause: Sequence[Token], mention: Named, wanted: Wanted, catalogue: Catalogue) -> bool:
    """Whether a clause counts who works or where, by a word beside the name: «one seller a shift»."""
    offers = [o for key in (mention.key, *mention.tied) if key is not None and (o := catalogue.get(key)) is not None]
    if any(price.unit == _PIECE or bounded(offer) for offer in offers for price in offer.prices):
        return False
    outside = [token for token in clause if not mention.start <= token.start < mention.end]
    if any(m != mention and clause[0].start <= m.start < clause[-1].end for m in wanted.named):
        return False  # it is listed with what he wants
    return any(
        (unit := catalogue.units.of(b.folded)) is not None and unit in wanted.quantities and (a.number or _one(a))
        for a, b in pairwise(outside)
    )


def _one(token: Token) -> bool:
    return listed("one").get(token.folded) is not None or bool(numbers(token.raw))


def _told(mention: Named, part: Sequence[Token]) -> bool:
    """Whether a part of a name stands in a clause that asks and takes nothing: «our stock is small»."""
    whole = bool(mention.candidates) and mention.candidates[0][1] > _WHOLE
    outside = [token for token in part if not mention.start <= token.start < mention.end]
    words = [token.folded for token in outside]
    takes = any(
        listed(name).get(word) is not None for word in words for name in ("taking", "adding", "would", "sending")
    )
    counted = {b.start for a, b in pairwise(part) if a.number or listed("one").get(a.folded) is not None}
    if outside and outside[0].folded in listed("retracting"):
        outside = outside[1:]  # «no, 3 scales», «scales for 3 shops»: of what he wants
    content = [t for t in outside if not (says_nothing(t.folded) or t.start in counted or _of_number(t))]
    return not whole and bool(content) and not takes and not asked(words) & (_ASKS | {"choose", "yes_no"})


def _of_number(token: Token) -> bool:
    """A number, or «pieces»: «two terminals, how much?» counts them, on whichever side it stands."""
    return token.number or bool(numbers(token.raw)) or listed("units").get(token.folded) == _PIECE


def sentences(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """[first, last) places of the words of each sentence, and the mark that ends it."""
    begun = 0
    for _, last in segments(text, found):
        end = found[last].start if last < len(found) else len(text)
        mark = text[found[last - 1].end : end]
        if last == len(found) or not _ENDS.isdisjoint(mark):
            yield begun, last, mark
            begun = last


def _reproached(clause: Sequence[Token], mention: Named) -> bool:
    """«One scanner again!»: what an answer of ours has said before."""
    ahead = [token.folded for token in clause if token.end <= mention.start]
    return bool(ahead) and ahead[0] in listed("reproach")


def _comes_beside(part: Sequence[Token]) -> bool:
    """«And with delivery?»: little but «with» and what comes with the rest."""
    led = next((n for n, token in enumerate(part) if token.raw in written("withs")), None)
    return led is not None and len(part) <= _SHORT and all(says_nothing(token.folded) for token in part[:led])


def _measured(clause: Sequence[Token], mention: Named, wanted: Wanted) -> bool:
    """Whether it is asked how long a thing takes, and not what it costs, beside what a price is asked of."""
    if not wanted.asks & {"price", "sum"} or len(wanted.named) < _SEVERAL:
        return False
    cuts = [n for n, t in enumerate(clause) if n and t.raw in written("joining")]
    parts = [clause[a:b] for a, b in pairwise([0, *cuts, len(clause)])]
    part = next((p for p in parts if p and p[0].start <= mention.start < p[-1].end), ())
    kinds = asked([token.folded for token in part])
    return "measure" in kinds and not kinds & _ASKS and not any(map(_counts, part))


def _counts(token: Token) -> bool:
    return token.number or listed("one").get(token.folded) is not None


def _with_numbers(wanted: Wanted, found: Sequence[Token], mention: Named) -> tuple[int, int]:
    """The place of a mention with the number that counts it, on whichever side it stands."""
    place = wanted.named.index(mention)
    start, last = _with_number(found, mention.start), next((t for t in found if t.start >= mention.end), None)
    behind = last is not None and (last.number or listed("one").get(last.folded) is not None)
    counts = behind and start == mention.start and wanted.counts.get(place) is not None
    return start, (last.end if last is not None and counts else mention.end)


def _with_number(found: Sequence[Token], start: int) -> int:
    place = next((n for n, token in enumerate(found) if token.start >= start), 0)
    before = found[place - 1] if place else None
    counts = before is not None and (before.number or listed("one").get(before.folded) is not None)
    return before.start if before is not None and counts else start
