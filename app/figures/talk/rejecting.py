"""What a message says that it does not want: names with a word beside them that takes them back."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.shop.naming import Named
from app.figures.words import Token, listed, segments, tokens, written

_NEAR = 4
"""Words between a name and what takes it back."""
_MOST = 64
"""Names that are looked at."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """The mention at `place` is taken back; `wholly` unless the word asks to take some of it away only."""

    place: int
    wholly: bool


def rejections(text: str, named: Sequence[Named]) -> list[Rejection]:
    """The mentions that a text takes back. Linear in the text."""
    found = tokens(text)
    told: list[Rejection] = []
    for first, last in segments(text, found):
        begin, end = found[first].start, found[last - 1].end
        here = [(n, m) for n, m in enumerate(named[:_MOST]) if begin <= m.start < end]
        spans = [_span(found, first, last, mention) for _, mention in here]
        joined = False
        for number, (place, _) in enumerate(here):
            before = spans[number - 1][1] if number else first
            after = spans[number + 1][0] if number + 1 < len(here) else last
            ahead, behind = found[before : spans[number][0]], found[spans[number][1] : after]
            linked = joined and all(token.raw in written("joining") for token in ahead)
            taken = linked or _ahead(ahead) or _behind(behind[:_NEAR])
            joined = taken and (linked or _ahead(ahead))
            if taken:
                told.append(Rejection(place, not _some((*ahead, *behind))))
    return told


def _span(found: Sequence[Token], first: int, last: int, mention: Named) -> tuple[int, int]:
    inside = [n for n in range(first, last) if mention.start <= found[n].start < mention.end]
    return (inside[0], inside[-1] + 1) if inside else (first, first)


def _ahead(words: Sequence[Token]) -> bool:
    """«Without X», «not about X», «I do not need any X»: up to the name only what leads to it."""
    last = words[-_NEAR:]
    for place in range(len(last) - 1, -1, -1):
        token = last[place]
        if drops(token) or token.folded in listed("denying") or token.folded in listed("wondering"):
            return True
        if place and token.folded in listed("still") and last[place - 1].folded in listed("which"):
            return True  # «what X else?», said of what nobody asked for
        if not (token.number or token.folded in listed("small") or listed("wanting").get(token.folded)):
            return False
    return False


def _behind(words: Sequence[Token]) -> bool:
    """«X is not needed», «X take away»."""
    for place, token in enumerate(words):
        if listed("refusing").get(token.folded) or (removes(token) and not listed("without").get(token.folded)):
            return True
        wants = [listed("wanting").get(w.folded) is not None for w in words[max(0, place - 1) : place + 2]]
        if token.folded in listed("denying"):
            return any(wants) or place + 1 == len(words)
        if token.folded in listed("lacking"):
            return place > 0 and wants[0]
    return False


def removes(token: Token) -> bool:
    """Whether a word asks to take something away."""
    return listed("removing").get(token.folded) is not None


def drops(token: Token) -> bool:
    """Whether a word before a name takes it back."""
    return removes(token) or listed("without").get(token.folded) is not None


def _some(words: Sequence[Token]) -> bool:
    return any(removes(token) for token in words)


def kept(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with blanks where those spans stood: all other places stay."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def wishes(words: Sequence[str]) -> bool:
    """Whether folded words take something, and do not only ask about it."""
    return any(listed("taking").get(word) is not None for word in words)


def joins(words: Sequence[str]) -> bool:
    """Whether folded words add to what was said before."""
    return any(word in listed("together") or listed("adding").get(word) is not None for word in words)
