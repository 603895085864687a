"""What a message says that it does not want: names with a word beside them that takes them back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from app.figures.shop.naming import Named
from app.figures.wanted import Wanted
from app.figures.words import LANGUAGES, Token, data, fold, listed, segments, tokens, written

_NEAR = 4
"""Words between a name and what takes it back."""
_STEM = 4
"""Letters of a name before such an ending."""
_MOST = 64
"""Names that are looked at."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """The mention at `place` is taken back; `wholly` unless the word asks to take some of it away only."""

    place: int
    wholly: bool
    owned: bool = False
    """He has such a thing already, of whatever kind."""


def rejections(text: str, named: Sequence[Named], held: Collection[str] = ()) -> list[Rejection]:
    """The mentions that a text takes back. Linear in the text.

    `held`: keys of what is wanted; that he has such a thing takes it back, and elsewhere only that he already has it.
    """
    found = tokens(text)
    told: list[Rejection] = []
    his = _his_own(text, found, named, written("hisown"))
    for first, last in segments(text, found):
        begin, end = found[first].start, found[last - 1].end
        here = [(n, m) for n, m in enumerate(named[:_MOST]) if begin <= m.start < end]
        spans = [_span(found, first, last, mention) for _, mention in here]
        joined = False
        for number, (place, mention) in enumerate(here):
            before = spans[number - 1][1] if number else first
            after = spans[number + 1][0] if number + 1 < len(here) else last
            ahead, behind = found[before : spans[number][0]], found[spans[number][1] : after]
            linked = joined and all(token.raw in written("joining") for token in ahead)
            wanted = any(key in held for key in (mention.tied if mention.key is None else (mention.key,)))
            has = wanted or any(token.raw in written("already") for token in (*ahead, *behind))
            led = _ahead(ahead) or (has and _owned_ahead(ahead))
            rents = any(token.raw in written("having") for token in found[slice(*spans[number])])  # «we rent a till»
            blamed = wanted and _blamed(found[first:last], mention)
            taken = (
                place in his
                or linked
                or led
                or rents
                or blamed
                or _behind(behind[:_NEAR])
                or (has and _owned(behind[: _NEAR + 1]))
            )
            joined = taken and (linked or led)
            if taken:
                owned = not (linked or _ahead(ahead) or rents or _behind(behind[:_NEAR]) or blamed)
                told.append(Rejection(place, not _some((*ahead, *behind)), owned or place in his))
    return told


def owned(text: str, named: Sequence[Named]) -> frozenset[int]:
    """Places of the mentions that are said to be his own, and no thing of ours."""
    return _his_own(text, tokens(text), named, written("hisown") | written("his"))


def _his_own(text: str, found: Sequence[Token], named: Sequence[Named], mine: Collection[str]) -> frozenset[int]:
    """«My scales», «scales of my own»; of things that are joined, all («the scales and the scanner are my own»)."""
    places: set[int] = set()
    for place, mention in enumerate(named[:_MOST]):
        first, last = _span(found, 0, len(found), mention)
        ahead = first and found[first - 1].raw in mine and _together(text, found[first - 1], found[first])
        behind = 0 < last < len(found) and found[last].raw in mine and _together(text, found[last - 1], found[last])
        if (ahead or behind) and not any(found[n].raw in mine for n in range(first, last)):
            places.add(place)
    for place in range(len(named[:_MOST]) - 2, -1, -1):
        between = [t for t in found if named[place].end <= t.start < named[place + 1].start]
        if place + 1 in places and between and all(token.raw in written("joining") for token in between):
            places.add(place)
    return frozenset(places)


def _together(text: str, one: Token, other: Token) -> bool:
    """Whether nothing but blanks stands between two words."""
    return not text[one.end : other.start].strip()


def _span(found: Sequence[Token], first: int, last: int, mention: Named) -> tuple[int, int]:
    inside = [n for n in range(first, last) if mention.start <= found[n].start < mention.end]
    return (inside[0], inside[-1] + 1) if inside else (first, first)


def _ahead(words: Sequence[Token]) -> bool:
    """«Without X», «not about X», «I do not need any X»: up to the name only what leads to it."""
    last = words[-_NEAR:]
    for place in range(len(last) - 1, -1, -1):
        token = last[place]
        if token.folded in listed("behind"):
            return False  # «not one, three sets», in a language that denies what stands before
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
        if token.folded in listed("refusing") or (removes(token) and not listed("without").get(token.folded)):
            return True
        wants = [listed("wanting").get(w.folded) is not None for w in words[max(0, place - 1) : place + 2]]
        if token.folded in listed("denying"):
            return any(wants) or place + 1 == len(words)
        if token.folded in listed("lacking"):
            return place > 0 and wants[0]
    return False


def _blamed(words: Sequence[Token], mention: Named) -> bool:
    """«Why did you add X?», with no number that was wrong: nobody wanted it."""
    outside = [token for token in words if not mention.start <= token.start < mention.end]
    counted = any(t.number or t.folded in listed("only") or listed("one").get(t.folded) for t in outside)
    what_for = any(token.raw in written("whatfor") for token in outside)
    why = any(token.folded in listed("whys") for token in outside)
    added = any(token.raw in written("counting") for token in outside)
    return not counted and added and (what_for or why)


def _owned(words: Sequence[Token]) -> bool:
    """«X we already have»: what he has leaves the order."""
    return all(any(token.raw in written(name) for token in words) for name in ("owners", "having"))


def _owned_ahead(words: Sequence[Token]) -> bool:
    """«We already have X», and not «can we have X»."""
    last = words[-_NEAR - 1 :]
    place = next((n for n in range(len(last) - 1, -1, -1) if last[n].raw in written("having")), None)
    if place is None or not _owned(last):
        return False
    light = all(t.number or t.folded in listed("small") or t.raw in written("owners") for t in last[place + 1 :])
    others = [token.folded for token in last if token.raw not in written("having")]
    return light and not any(listed(name).get(word) is not None for word in others for name in ("taking", "can"))


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
    return any(listed("taking").get(word) is not None and word not in _no_wish() for word in words)


def not_again(wanted: Wanted, gone: Collection[str]) -> Wanted:
    """The message without the other names, none of them counted, of what it takes back."""
    kept_ = [n for n, m in enumerate(wanted.named) if m.key is None or m.key not in gone or n in wanted.counts]
    return wanted if len(kept_) == len(wanted.named) else wanted.only(kept_)


def in_words(text: str, names: Callable[[str], bool]) -> str:
    """The text with what an ending says of a name («принтерсіз») said by words behind it. `names`: is it one?"""
    for token in reversed(tokens(text)):
        ending = next((each for each in _endings() if token.raw.endswith(each)), None)
        if ending is not None and len(token.raw) >= _STEM + len(ending) and names(token.raw[: -len(ending)]):
            text = f"{text[: token.end - len(ending)]}{_endings()[ending]}{text[token.end :]}"
    return text


def plainly(text: str) -> str:
    """The text with blanks for phrases whose words mean something else alone: «всё ещё» adds nothing more."""
    found = tokens(text)
    spans: list[tuple[int, int]] = []
    for place, token in enumerate(found):
        for phrase in _phrases().get(token.raw, ()):
            said = found[place : place + len(phrase)]
            if tuple(t.raw for t in said) == phrase and _unbroken(text, said):
                spans.append((token.start, said[-1].end))
    return kept(text, spans)


def _unbroken(text: str, words: Sequence[Token]) -> bool:
    return all(not text[a.end : b.start].strip() for a, b in pairwise(words))


@cache
def _phrases() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    rows = [tuple(p.split()) for language in LANGUAGES for p in data(language)["setphrases"]]
    return {row[0]: tuple(each for each in rows if each[0] == row[0]) for row in rows}


@cache
def _endings() -> Mapping[str, str]:
    return {ending: says for language in LANGUAGES for ending, says in data(language)["withoutending"].items()}


@cache
def _no_wish() -> frozenset[str]:
    """«Такая» of one language is a form of «take» of another; «do you take money for it?» takes nothing."""
    return frozenset(fold(word) for word in written("these") | written("charging"))
