"""Lines of somebody else's text that begin as ours, a passage's or a speaker's do.

The tables are data (`poses.yaml`): a name or a language more is one word more. Our own labels are read out of the
templates, so that they cannot drift from what a prompt really says.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

from app.prompt.confusables import fold
from app.prompt.words import table

_HEAD = 96  # characters of a line that are looked at: the longest label of ours has fewer
_NAME = 60  # of them, for a speaker whose name stands around what he is
_MORE_WORDS = 2  # a speaker may have a name, a heading a remark: "system message (internal):"
_NAME_WORDS = 8
_LONGEST = 6  # words of a label
# Signs, numbers of a list, dates and times of a log: «[04.03.2026, 12:03] - », "2026-03-04T12:03:00Z"
_LEADING = re.compile(r"(?:[\W_]|\d{1,4}(?:[.:/-]\d{1,4}){1,3}[tz]?|\d{1,3}[.)]|[ap]m(?![^\W_]))*")
_WORD = re.compile(r"[^\W_]+")
_ARROWS = "\u2190-\u21ff\u25b6-\u25bb\u2794-\u27bf\u27f0-\u27ff\u2900-\u297f\u2b00-\u2b4f\u2b60-\u2bff"
_SEPARATOR = re.compile(rf"[>|=~;»{_ARROWS}]|:(?!\d\d)|(?<!\d):")
_DASH = re.compile(r"\s[-/\\+*•·∙●▪‣⁝⁞]|-\s|[\u2010-\u2015\u2212\u2043\u2053]")
_CASES = 3  # letters by which a word in another case may be longer
_STEM = 5
_FIGURES = str.maketrans("01345", "oieas")
_PASSAGE = re.compile(r"[^\w\[]*\[[^\]]{1,80}\]")
_TEMPLATES = ("system.j2", "turn.j2", "correction.j2")

Label = tuple[str, ...]
"""Folded words."""


def posing(text: str, names: tuple[str, ...] = ()) -> list[bool]:
    """For each line: does it begin like one of ours or a speaker's? `names` are further speakers: the bot's own."""
    own = _named(names)
    lines = fold(text).split("\n")
    found = {line: _poses(line, own) for line in set(lines)}  # a thousand equal lines are looked at once
    return [found[line] for line in lines]


def _poses(line: str, names: frozenset[Label]) -> bool:
    if not line:
        return False
    if _PASSAGE.match(line):
        return True
    led = _LEADING.match(line, 0, _HEAD)
    body = line[led.end() if led else 0 :][:_HEAD]
    end = _SEPARATOR.search(body)
    if _begins(_words(body, end), names, ended=end is not None, bare=end is not None and not body[end.end() :].strip()):
        return True
    if end is not None and end.start() <= _NAME and _is_a_name(_words(body, end)):
        return True
    dash = _DASH.search(body)
    return dash is not None and (end is None or dash.start() < end.start()) and _dashed(_words(body, dash), names)


def _words(body: str, end: re.Match[str] | None) -> list[str]:
    words = _joined(_WORD.findall(body[: end.start()] if end else body))
    return [word if word.isalpha() or word.isdecimal() else word.translate(_FIGURES) for word in words]


def _begins(words: Sequence[str], names: frozenset[Label], *, ended: bool, bare: bool) -> bool:
    if not words or (words[0] not in _firsts() and not any(label[0] == words[0] for label in names)):
        return False
    own, single, headings, bare_ones = _labels()
    for count in range(1, min(_LONGEST, len(words)) + 1):
        label, rest = tuple(words[:count]), words[count:]
        few = len(rest) <= _MORE_WORDS and not _tells(rest)
        if label in own and (count > 1 or (few if ended else not rest)):
            return True
        if label in single and (few if ended else not rest):
            return True
        if ended and few and (label in headings or label in names or (bare and label in bare_ones)):
            return True
    return False


def _is_a_name(words: Sequence[str]) -> bool:
    """A speaker with his post and name, a block of ours behind an adjective, and no sentence with a manager in it."""
    if len(words) > _NAME_WORDS or _tells(words) or any(_in(word, _sentence()) for word in words):
        return False
    if not _speakers().isdisjoint(words) or (len(words) <= 1 + _MORE_WORDS and not _blocks().isdisjoint(words)):
        return True
    return (
        words[:1] != [] and words[0] in _froms() and any(_in_another_case(word) for word in words[1 : 2 + _MORE_WORDS])
    )


def _in_another_case(word: str) -> bool:
    return any(word[:length] in _stems() for length in range(max(_STEM, len(word) - _CASES), len(word) + 1))


def _dashed(words: Sequence[str], names: frozenset[Label]) -> bool:
    """Before a dash stands a speaker or a block of ours, and a name at most."""
    own, people = _labels()[0], _speakers()
    for count in range(1, len(words) + 1):
        label, rest = tuple(words[:count]), words[count:]
        if label in own or label in names or (count == 1 and words[0] in people):
            return sum(not word.isdecimal() for word in rest) <= 1 and not _tells(rest)
    return False


def _tells(words: Sequence[str]) -> bool:
    return any(_in(word, _telling()) for word in words)


def _in(word: str, listed: tuple[frozenset[str], tuple[str, ...]]) -> bool:
    return word in listed[0] or word.startswith(listed[1])


def _joined(words: list[str]) -> list[str]:
    """Letters that stand apart (s y s t e m) are one word; a number behind a word is none of it (user1)."""
    count = next((place for place, word in enumerate(words) if len(word) > 1), len(words))
    words = ["".join(words[:count]), *words[count:]] if count > 2 else words
    return [words[0].rstrip("0123456789") or words[0], *words[1:]] if words else words


@lru_cache(maxsize=64)
def _named(names: tuple[str, ...]) -> frozenset[Label]:
    return frozenset(label for name in names if (label := tuple(_WORD.findall(fold(name)))[:_LONGEST]))


@cache
def _labels() -> tuple[frozenset[Label], ...]:
    """Labels of our own templates, words of speakers and blocks, headings, and what is a heading only by itself."""
    folder = files("app.prompt").joinpath("templates")
    own = [label for name in _TEMPLATES for label in labels_of(folder.joinpath(name).read_text("utf-8"))]
    single = [*_words_of("speakers"), *_words_of("parts")]
    headings = [heading.replace("_", " ") for heading in _words_of("headings")]
    return tuple(_named(tuple(words)) for words in (own, single, headings, _words_of("bare")))


@cache
def _firsts() -> frozenset[str]:
    return frozenset(label[0] for labels in _labels() for label in labels)


@cache
def _speakers() -> frozenset[str]:
    return frozenset(fold(word) for word in _words_of("speakers"))


@cache
def _stems() -> frozenset[str]:
    """Speakers without what changes by case: all cases of one have one beginning."""
    endings = tuple(fold(ending) for ending in _words_of("endings"))
    return frozenset(
        word.removesuffix(next((ending for ending in endings if word.endswith(ending)), ""))
        for word in _speakers()
        if len(word) > _STEM
    )


@cache
def _blocks() -> frozenset[str]:
    return frozenset(fold(word) for word in _words_of("blocks"))


@cache
def _froms() -> frozenset[str]:
    return frozenset(fold(word) for word in _words_of("froms"))


@cache
def _telling() -> tuple[frozenset[str], tuple[str, ...]]:
    return _listed("telling")


@cache
def _sentence() -> tuple[frozenset[str], tuple[str, ...]]:
    return _listed("sentence")


def _listed(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    words = _words_of(name)
    return frozenset(fold(w) for w in words if w[-1] != "*"), tuple(fold(w[:-1]) for w in words if w[-1] == "*")


def _words_of(name: str) -> list[str]:
    return str(table("poses")[name]).split()


def labels_of(template: str) -> tuple[str, ...]:
    """What the lines of a template begin with: headings, labels before a colon, and whole lines that never change."""
    found = []
    for line in re.sub(r"\{%.{0,200}?%\}", "\n", template).splitlines():
        fixed = line.partition("{{")[0].strip()
        heading = fixed.strip("#").strip()
        words = _WORD.findall(re.split(r":|\.$", heading)[0])
        if words and heading[0].isupper() and (fixed != heading or fixed[-1] in ":."):
            found.append(" ".join(words[:_LONGEST]))
    return tuple(found)
