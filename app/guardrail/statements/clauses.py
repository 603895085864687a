"""A text as clauses: the words of each by their keys, and whether it affirms or denies them.

«Старые чеки не переносим, а товары перенесём» is two clauses, of which the first denies and the second affirms one
word. What a clause only supposes («если нужен чек») it neither affirms nor denies.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from app.figures.words import fold as sound
from app.guardrail.statements.pieces import JOINED, JOINING, LACKING, NEITHER, PLAIN, WORD, pieces_of, unstressed
from app.guardrail.text.folding import KAZAKH, fold, folded
from app.guardrail.text.kin import root
from app.guardrail.text.lexicon import stem, stem_en
from app.guardrail.text.lists import Lists
from app.types import Language

_LISTS = Lists("app.guardrail.statements", "clauses.yaml")


def _folded(name: str) -> frozenset[str]:
    return frozenset(map(fold, _LISTS.words(name)))


def _beginnings(name: str) -> tuple[str, ...]:
    return tuple(map(fold, _LISTS.row(name)))


_DENYING, _BARE, _ENDINGS, _STEMS = (
    {language: frozenset(map(fold, words)) for language, words in _LISTS.rows(name).items()}
    for name in ("denying", "bare", "denying_endings", "denying_stems")
)
_SIGNS = frozenset().union(*_DENYING.values(), *_BARE.values()) - {""}
"""What denies, in any language: it names nothing."""
_NAMELESS = _SIGNS | _folded("stop") | _folded("numbers")
_IDLE = _folded("idle")
_BESIDE, _OR, _BUT_FOR = map(_folded, ("beside", "or", "but_for"))
_CONDITIONAL, _BEFORE = _folded("conditional"), _folded("before_conditional")
_PRONOUNS, _EXISTING = _folded("pronouns"), _folded("existing")
_ADVISING = _folded("advising")
_FORBIDDEN = _folded("forbidden")
_CAUSES = frozenset(tuple(fold(cause).split("-")) for cause in _LISTS.words("causes"))
_INCLUDING = tuple(tuple(map(fold, text.split())) for text in _LISTS.rows("going_on")["including"])
_RELATIVE, _NEEDING, _DOING = _beginnings("relative"), _beginnings("needing"), _beginnings("doing")
_INSTEAD = _LISTS.word("instead")
_ADJECTIVE = _beginnings("adjective")
_UNTRUE, _PRICED = _beginnings("untrue"), _beginnings("priced")
_QUOTED = re.compile("\u00ab([^\u00ab\u00bb]+)\u00bb")
_KEY = 5
"""Sounds of a word's stem by which it is itself in any form, and a verb its noun."""
_FOCUS = 2
"""Words behind a denial that are denied in a long clause; in a short one all of them are."""
_SHORT = 4
_LISTS_END = ";"
"""Between the list of what there is and the one of what there is not."""
_END = 3
"""Last words of a clause among which a denial is that closes a list."""
_LONG = 4
"""Letters of a word that can tell what is done."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    key: str
    denied: bool | None
    """None: neither affirmed nor denied."""
    bare: bool = False
    """It stands behind «без» or «кроме»."""


@dataclass(frozen=True)
class Clause:
    """Words with a content, in their order."""

    words: tuple[Word, ...]
    text: tuple[str, ...]
    """All of its words, folded."""
    denies: bool
    supposes: bool
    """It says when something is so."""

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(word.key for word in self.words)

    @cached_property
    def bare(self) -> frozenset[str]:
        """Of what stands behind «без» or «кроме»."""
        return frozenset(word.key for word in self.words if word.bare)

    @cached_property
    def polarity(self) -> Mapping[str, bool | None]:
        """Key -> whether it is denied; of a key said twice the first counts."""
        return {word.key: None if self.supposes else word.denied for word in reversed(self.words)}

    @cached_property
    def priced(self) -> bool:
        """Whether it is about what something costs."""
        return any(word.startswith(_PRICED) for word in self.text)

    @cached_property
    def forbids(self) -> bool:
        """Whether it says that something may not be done: «курьеру платить нельзя»."""
        return not _FORBIDDEN.isdisjoint(self.text)

    @cached_property
    def needs(self) -> bool:
        """Whether it says that something is needed, or that it is not."""
        return any(word.startswith(_NEEDING) for word in self.text)

    @cached_property
    def exists(self) -> bool:
        """Whether it says that something is there."""
        return not _EXISTING.isdisjoint(self.text)

    @cached_property
    def advises(self) -> bool:
        """Whether it says what the customer had better do."""
        return not _ADVISING.isdisjoint(self.text)

    @cached_property
    def lacks(self) -> bool:
        """Whether it says that something is not there."""
        return self.denies and not LACKING.isdisjoint(self.text)

    @cached_property
    def refers(self) -> bool:
        """Whether a pronoun stands for what is meant: only beside what was said before it is that thing."""
        return not _PRONOUNS.isdisjoint(self.text)


@lru_cache(maxsize=65536)
def key(word: str) -> str:
    """What a word goes by in any of its forms."""
    kazakh = any(letter in KAZAKH for letter in word.lower())
    said = folded(word)
    return sound(root(stem_en(said) if said.isascii() else stem(said, kazakh)))[:_KEY]


def content(text: str) -> Iterator[tuple[str, str]]:
    """(word, key) of each word that names something."""
    for found in WORD.findall(unstressed(text)):
        if (named := _named(found)) is not None:
            yield found, named


@lru_cache(maxsize=65536)
def _named(word: str) -> str | None:
    """The key of a word; None for a sign, or where it names nothing."""
    return key(word) if word[0].isalpha() and not _empty(folded(word)) else None


def quoted(text: str) -> frozenset[str]:
    """The keys of what stands in quotation marks."""
    return frozenset(key for said in _QUOTED.findall(text) for _, key in content(said))


LIGHT = frozenset(map(key, _LISTS.words("light")))
"""Keys of verbs that say little: what is denied is their object («наличные не принимаем»)."""


@lru_cache(maxsize=8192)
def clauses(text: str, language: Language) -> tuple[Clause, ...]:
    """Of one sentence."""
    text = unstressed(text)
    pieces = pieces_of(text)
    made = [_clause(words, language) for words, _ in pieces]
    marks = [mark for _, mark in pieces]
    for place in range(1, len(made)):
        if marks[place - 1] == JOINED and made[place - 1].supposes:
            made[place] = replace(made[place], supposes=True)
    _share_denial(made, marks)
    if any(clause.denies for clause in made):
        made = [clause if _BUT_FOR.isdisjoint(clause.text) or clause.denies else _with(clause, None) for clause in made]
    if any(word.startswith(_UNTRUE) for clause in made for word in clause.text):
        quoted = {key for said in _QUOTED.findall(text) for _, key in content(said)}
        made = [_turned(clause, quoted) for clause in made]
    return tuple(made)


def _empty(word: str) -> bool:
    return word in _NAMELESS or word.startswith(_NEEDING)


def _clause(words: Sequence[str], language: Language) -> Clause:
    text = tuple(map(folded, words))
    supposes = text[0] in _CONDITIONAL or (text[0] in _BEFORE and text[1:2] != () and text[1] in _CONDITIONAL)
    denials = {place for place in range(len(text)) if _denies(text, place, language)}
    found: list[tuple[str, int, bool]] = []
    """(word, its place, whether it stands behind «без»)"""
    bare = 0
    for place, (word, heard) in enumerate(zip(words, text, strict=True)):
        if heard in _BARE[language]:
            bare = _FOCUS
        elif place in denials or heard in _DENYING[language] or _empty(heard):
            bare = bare if bare == _FOCUS else 0
        else:
            found.append((word, place, bare > 0))
            bare = 1 if bare == _FOCUS and heard.endswith(_ADJECTIVE) else 0
    # «В семейные номера с животными нельзя»: all that stands before it.
    short = language != "kk" and (len(found) <= _SHORT or text[-1] in _FORBIDDEN)
    lacks = language != "kk" and bool(denials) and not LACKING.isdisjoint(text)
    both = any(text[n - 1] not in JOINING for n in sorted(n for n in denials if text[n] in PLAIN)[1:])
    cause = next((n for n in range(len(text)) if text[n : n + 1] in _CAUSES or text[n : n + 2] in _CAUSES), len(text))
    neither = text[0] in NEITHER and bool(found)
    made = []
    for word, place, lone in found:
        denied: bool | None = lone or neither
        if denials and not neither:
            # Kazakh denies behind the word.
            near = any((place + n if language == "kk" else place - n) in denials for n in range(_FOCUS + 1))
            denied = None if both or lone or place > cause or not (near or short or lacks) else True
        if _is_replaced(text, place):
            denied = None
        made.append(Word(word, key(word), denied, lone))
    return Clause(tuple(made), text, bool(denials) or neither, supposes)


def _is_replaced(text: Sequence[str], place: int) -> bool:
    """«Вместо залога вещи не берём»: of a thing in whose place another is taken or not, nothing is said."""
    before = text[max(0, place - 2) : place]
    return before[-1:] == (_INSTEAD,) or (before[:1] == (_INSTEAD,) and before[-1].endswith(_ADJECTIVE))


def _denies(text: Sequence[str], place: int, language: Language) -> bool:
    word, before, behind = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if word in _BESIDE:
        return not PLAIN.intersection(text)
    if word in _DENYING[language]:
        aside = word in LACKING and (not place or bool(before and before[0] in _OR))
        return not aside and not (behind and behind[0] in _IDLE)
    return word.endswith(tuple(_ENDINGS.get(language, ()))) or (
        word == "t" and bool(before) and before[0] in _STEMS["en"]
    )


def _share_denial(made: list[Clause], marks: list[str]) -> None:
    """«Столов, кухни и бронирования у нас нет»: the items of a list before are denied too; what hangs on a denied thing
    («ресторанам, которым нужны экраны») is left open."""
    for place, clause in enumerate(made):
        if place and text_begins(clause, _RELATIVE) and not clause.denies and made[place - 1].denies:
            made[place] = _with(clause, None)
        elif place and not clause.denies and made[place - 1].denies and _goes_on(clause):
            made[place] = _with(clause, True)
        if len(clause.text) == 1 and clause.text[0] in LACKING and _LISTS_END in marks[:place]:
            _deny_items(made, marks, place)
        listed = clause.lacks and marks[place - 1 : place] == [JOINED]
        if not listed or LACKING.isdisjoint(clause.text[-_END:]) or text_begins(clause, _RELATIVE):
            continue
        before = place - 1
        while before >= 0 and not made[before].denies and _is_item(made[before], marks[before]):
            made[before] = _with(made[before], True)
            before -= 1


def _deny_items(made: list[Clause], marks: list[str], place: int) -> None:
    """«На куртки и плащи; на обувь, сумки и ремни — нет»: the items right before a no that stands alone."""
    before = place - 1
    while before >= 0 and len(made[before].words) <= _FOCUS and not made[before].denies and not _does(made[before]):
        made[before] = _with(made[before], True)
        before -= 1
        if before >= 0 and marks[before] not in (",", JOINED):
            break


def _goes_on(clause: Clause) -> bool:
    return any(clause.text[: len(row)] == row for row in _INCLUDING)


def text_begins(clause: Clause, with_: tuple[str, ...]) -> bool:
    return clause.text[0].startswith(with_)


def _is_item(clause: Clause, mark: str) -> bool:
    """Whether a clause that ends with a mark is an item of a list."""
    return (mark == JOINED and len(clause.words) <= _FOCUS) or (mark in (",", JOINED) and not _does(clause))


def _does(clause: Clause) -> bool:
    return any(len(word) > _LONG and word.endswith(_DOING) for word in clause.text)


def _with(clause: Clause, denied: bool | None) -> Clause:
    words = tuple(Word(word.text, word.key, denied) for word in clause.words)
    return Clause(words, clause.text, clause.denies or bool(denied), clause.supposes)


def _turned(clause: Clause, quoted: set[str]) -> Clause:
    words = tuple(
        Word(word.text, word.key, (None if word.denied is None else not word.denied) if word.key in quoted else None)
        for word in clause.words
    )
    return Clause(words, clause.text, clause.denies, clause.supposes)
