"""What the checks of completeness share: the words of an answer, and what a word may rest on."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case
from app.guardrail.known import WORD, KnownWords
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists
from app.language.folds import letters

_LISTS = Lists("app.guardrail.complete", "answers.yaml")
_YES, _NO = _LISTS.words("yes"), _LISTS.words("no")
_DENYING = re.compile(_LISTS.word("denying"))
_DOUBT, _HANDS_ON = _LISTS.row("doubt"), _LISTS.row("hands_on")
_COURTESY, _COURTESIES = _LISTS.words("courtesy"), _LISTS.row("courtesies")
_GREETING = Lists("app.guardrail.repair", "repairs.yaml").pattern("greeting")
_ASKING = _LISTS.words("manner") | _LISTS.words("amount")
_KNOWING = _LISTS.words("knowing")
_EMPTY = _LISTS.words("empty")
_CLAIMS = Lists("app.guardrail.checks.promises", "claims.yaml")
_UNNAMING, _DOING = _CLAIMS.words("unnaming"), _CLAIMS.row("doing")
_NOT = ("n't", "n\u2019t")
_CONTENT = 4
"""Letters of a word that says something."""
_NEAR = 3
"""Words between a no and what is not known."""
_GREETED = 5
"""Words of a greeting."""
_MOST = 60
"""Words of a sentence that are looked up."""


@lru_cache(maxsize=256)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, folded, without figures. Several checks ask it of each sentence."""
    return tuple(WORD.findall(letters(text)))


@lru_cache(maxsize=256)
def content(text: str) -> tuple[str, ...]:
    """Of them those that say something, the first ones of a long text."""
    found = (word for word in words_of(text) if len(word) >= _CONTENT and word not in _EMPTY and word not in _YES)
    return tuple(islice(found, _MOST))


def affirms(sentence: str) -> bool:
    """Whether it begins with a yes."""
    return any(word in _YES for word in words_of(sentence)[:1])


def denies(sentence: str, language: str) -> bool:
    words = words_of(sentence)
    if any(word in _NO for word in words) or any(sign in sentence.lower() for sign in _NOT):
        return True
    return language == "kk" and any(_DENYING.search(word, 2) for word in words)


def doubts(sentence: str) -> bool:
    """Whether it says that something is not known here, or who will know."""
    words = words_of(sentence)
    return any(word.startswith(_DOUBT) for word in words) or any(
        word in _KNOWING and _denied_about(words, place) for place, word in enumerate(words)
    )


def _denied_about(words: Sequence[str], place: int) -> bool:
    """Whether a no stands near that word: «the first thing to know is that it is not…» knows very well."""
    near = range(max(0, place - _NEAR), min(len(words), place + _NEAR + 1))
    return any(words[at] in _NO or (words[at] == "t" and words[max(0, at - 1)].endswith("n")) for at in near)


def hands_on(sentence: str) -> bool:
    return any(word.startswith(_HANDS_ON) for word in words_of(sentence))


def asks(sentence: str) -> bool:
    """Whether it begins as a question does."""
    return any(word in _ASKING for word in words_of(sentence)[:1])


def is_courtesy(word: str) -> bool:
    return word in _COURTESY or word.startswith(_COURTESIES)


def courteous(sentence: str) -> bool:
    """Whether it is a word on the talk itself: it greets, regrets, thanks, offers, understands."""
    if _GREETING.match(fold(sentence)) and len(words_of(sentence)) <= _GREETED:
        return True
    return any(map(is_courtesy, words_of(sentence)))


def strange(question: str, known: KnownWords) -> bool:
    """Whether a question names a thing that the whole knowledge has no word of."""
    return any(
        not known.holds(word) for word in content(question) if word not in _UNNAMING and not word.endswith(_DOING)
    )


def own_sentences(case: Case) -> Iterator[tuple[int, int]]:
    """The sentences of the draft that the model wrote itself."""
    return (span for span in case.text.sentences if not case.is_own(*span))
