"""A text as tokens: folded words with meaning keys, numbers as written, punctuation; sentences and clauses."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from app.guardrail.text.folding import KAZAKH, fold
from app.guardrail.text.lexicon import GENERAL, Lexicon
from app.guardrail.text.sentences import spans

_TOKEN = re.compile(
    r"(?P<n>\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d{1,3}(?:[.,]\d{3})+(?![\d])|\d+(?:[.,]\d+)?)"
    r"|(?P<w>[^\W\d_]+)|(?P<s>\n|[^\w\s])"
)
_CLAUSE = frozenset(",;:—–()[]•|\n!?….")
_OPEN, _CLOSE = "«", "»"


class PlacedToken(NamedTuple):
    """A word (`w`), a number as written (`n`) or a sign (`s`) at `start`..`end` of the text."""

    kind: str
    text: str
    """Folded."""
    key: str
    """What the word means: a concept (`@delivery`), a stem, or empty for words without content."""
    start: int
    end: int
    sentence: int
    clause: int
    quote: int
    """Number of the quotation that it stands in, 0 outside."""
    upper: bool
    latin: bool


@dataclass(frozen=True)
class Text:
    """A text read once; every check works on it. Its tokens are made when first asked for: some ask for none."""

    raw: str
    folded: str
    sentences: tuple[tuple[int, int], ...]
    """Character spans."""
    kazakh: frozenset[int]
    """Sentences with Kazakh letters."""
    lexicon: Lexicon = GENERAL
    """Whose meanings its tokens have."""
    read_as: tuple[PlacedToken, ...] | None = None
    """Its tokens, where some mean what the names of the sections have for them."""

    @cached_property
    def tokens(self) -> tuple[PlacedToken, ...]:
        return _tokens(self) if self.read_as is None else self.read_as

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Its different words, to tell whether there is any of a kind before each is looked at."""
        return frozenset(token.text for token in self.tokens if token.kind == "w")

    @cached_property
    def starts(self) -> tuple[int, ...]:
        return tuple(token.start for token in self.tokens)

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Of the tokens, to look places up in."""
        return tuple(token.end for token in self.tokens)

    def token_at(self, place: int) -> int:
        """The first token that ends behind a place; their number when there is none."""
        return bisect_right(self.ends, place)

    def clause_at(self, place: int) -> int:
        """The clause of the last token that begins at a place or before it."""
        at = bisect_right(self.starts, place)
        return self.tokens[at - 1].clause if at else 0

    def sentence_at(self, place: int) -> int:
        """The sentence that holds a place, 0 between two."""
        at = bisect_right(self.sentences, place, key=_start) - 1
        return at if at >= 0 and place < self.sentences[at][1] else 0

    def bounds(self, sentence: int) -> tuple[int, int]:
        """The first token of a sentence and the one behind its last."""
        first = bisect_left(self.tokens, sentence, key=_sentence)
        return first, bisect_right(self.tokens, sentence, lo=first, key=_sentence)

    def inside(self, sentence: int) -> tuple[PlacedToken, ...]:
        """The tokens of a sentence."""
        first, behind = self.bounds(sentence)
        return self.tokens[first:behind]


def _start(span: tuple[int, int]) -> int:
    return span[0]


def _sentence(token: PlacedToken) -> int:
    return token.sentence


def covered(spans: Iterable[tuple[int, int]]) -> set[int]:
    """Every place inside any of the spans: asked for each word, a list of spans would be read through each time."""
    places: set[int] = set()
    for a, b in spans:
        places.update(range(a, b))
    return places


def read(text: str, language: str = "ru", lexicon: Lexicon = GENERAL) -> Text:
    """Tokens of a text, with what they mean to a shop. Never raises, whatever the text."""
    folded = fold(text)
    sentences = tuple(spans(text))
    low = text.lower() if len(text.lower()) == len(text) else folded
    if language == "kk":
        kazakh = frozenset(range(len(sentences)))
    elif any(letter in low for letter in KAZAKH):
        kazakh = frozenset(i for i, (a, b) in enumerate(sentences) if any(letter in low[a:b] for letter in KAZAKH))
    else:
        kazakh = frozenset()
    return Text(text, folded, sentences, kazakh, lexicon)


def _tokens(text: Text) -> tuple[PlacedToken, ...]:
    raw, folded, sentences, kazakh = text.raw, text.folded, text.sentences, text.kazakh
    tokens: list[PlacedToken] = []
    key = text.lexicon.key
    made = tuple.__new__  # a text has a thousand tokens: what a NamedTuple does beside this takes as long again
    sentence, clause, quote, quotes = 0, 0, 0, 0
    beginnings = iter([start for start, _ in sentences[1:]])
    following = next(beginnings, len(folded))
    for match in _TOKEN.finditer(folded):
        (start, end), kind = match.span(), match.lastgroup or "s"
        while start >= following:
            following = next(beginnings, len(folded))
            sentence += 1
            clause += 1
            quote = 0
        token = match.group()
        first = token[0]
        if kind == "s":
            if first == _OPEN or (first == '"' and not quote):
                quotes += 1
                quote = quotes
            elif first in (_CLOSE, '"'):
                # A typographic closing mark without an opening one opens: “so” is how some write both.
                if quote:
                    quote = 0
                else:
                    quotes += 1
                    quote = quotes
            elif not quote and (first in _CLAUSE or (first == "-" and _spaced(folded, start, end))):
                clause += 1
            tokens.append(made(PlacedToken, ("s", token, "", start, end, sentence, clause, 0, False, False)))
            continue
        latin = "a" <= first <= "z"
        meaning = key(token, sentence in kazakh and not quote) if kind == "w" else ""
        upper = raw[start].isupper()
        tokens.append(made(PlacedToken, (kind, token, meaning, start, end, sentence, clause, quote, upper, latin)))
    return tuple(tokens)


def _spaced(folded: str, start: int, end: int) -> bool:
    return folded[start - 1 : start] == " " and folded[end : end + 1] == " "


def plain(text: str) -> str:
    """Words only, folded, single spaces: for comparing texts."""
    return " ".join(_WORDS.findall(fold(text)))


_WORDS = re.compile(r"[^\W_]+")


def keys_of(text: Text, first: int = 0, last: int | None = None) -> frozenset[str]:
    """The meaning keys of a text's words (of tokens `first`..`last`)."""
    tokens = text.tokens[first:last]
    return frozenset(t.key for t in tokens if t.key)


def sentence_keys(text: Text, sentence: int) -> frozenset[str]:
    return frozenset(t.key for t in text.inside(sentence) if t.key)
