"""Check `claim`: no name that nobody gave us, no yes to a thing that nothing of ours knows.

What a language model adds out of kindness or from its memory of the world names something: a colleague, a street, a
brand, a country. Whoever asks "do you work with X?" and is told yes takes it for a promise: X must stand in the
knowledge.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import affirms
from app.guardrail.figures.numerals import word_value
from app.guardrail.known import NOTHING, WORD, KnownWords
from app.guardrail.text.lists import Lists
from app.guardrail.text.sentences import spans
from app.language.folds import letters

_LISTS = Lists("app.guardrail.checks.promises", "claims.yaml")
_NO = _LISTS.words("no")
_DOUBT = _LISTS.row("doubt")
_ANY = _LISTS.words("any")
_CAPITALS = _LISTS.words("capitals")
_UNNAMING = _LISTS.words("unnaming")
_DOING = _LISTS.row("doing")
_ENDINGS = _LISTS.row("endings")
_NOMINATIVE = _LISTS.word("nominative")
_NEGATED = ("n't", "n\u2019t")
_PAUSE = re.compile(r"[,;:()\u2014\u2013]\s|\s[-\u2014\u2013]\s")
_BEGINS = frozenset(':\u00ab"\u201c(\u2014\u2013-\n\u2022')
"""Signs behind which a sentence may begin within a sentence."""
_LONG = 4
"""Letters of a word that names a thing, in a question."""
_APART = 3
"""Signs before a word among which the one that begins a sentence stands."""
_FORMS = 0.6
"""Share of the sounds of a customer's word that is enough: «Turkey» is said back as "Turkish"."""
_FIRST = 1
"""Sentences of a section in which its yes stands."""
_AT_LENGTH = 4
"""Words behind a yes that say by themselves what it is of."""
_SAME = 0.6
"""Share of the words behind a yes that a section's own yes has."""
_MOST = 40
"""Names of a draft, and words of a question, that are looked up."""


class _Said:
    """The words of a conversation and of its turn, each made when first asked for: few drafts name what needs them."""

    def __init__(self, case: Case) -> None:
        self._case = case

    @cached_property
    def theirs(self) -> KnownWords:
        return KnownWords.of(self._case.context.customer)

    @cached_property
    def ours(self) -> KnownWords:
        context = self._case.context
        used = (text for passage in context.passages for text in (passage.section.title, passage.section.text))
        return KnownWords.of((*context.own, *context.earlier, context.system, *used))


def claims(case: Case) -> list[Problem]:
    """The first name or yes that nothing bears out; nothing where the knowledge as a whole is not given."""
    if case.context.known is None:
        return []
    said = _Said(case)
    return list(islice(chain(_named(case, said), _agreed(case, said)), 1))


def _named(case: Case, said: _Said) -> Iterator[Problem]:
    """A name that neither we nor the customer said; the customer's own where a sentence begins with a yes."""
    known = case.context.known or NOTHING
    for start, end in case.text.sentences:
        sentence = case.text.raw[start:end]
        if case.is_own(start, end) or "?" in sentence:
            continue
        granted = affirms(sentence) and _ANY.isdisjoint(WORD.findall(letters(sentence)))
        for at, name in islice(_names(sentence, case.context.language), _MOST):
            if (
                known.holds(name)
                or known.holds(_uninflected(name, case.context.language))
                or not _claims(_clause(sentence, at))
                or said.ours.holds(name)
            ):
                continue
            if name in case.context.marks or _within_an_address(case, start + at):
                continue  # other checks know whether those may be said
            if not said.theirs.holds(name, _FORMS):
                yield _problem(case, start + at, name, "no section and no text of ours names this")
            elif granted:
                yield _problem(case, start + at, name, "the customer names this and no section does: no yes to it")


def _uninflected(name: str, language: str) -> str:
    """Without the endings that make it a sentence: in Kazakh «Алматыдамыз» is "we are in Almaty"."""
    if letters(name).endswith(_NOMINATIVE) and len(name) >= _LONG:
        return name[:-1]  # «Абай» of «улица Абая»
    if language != "kk":
        return name
    ending = next((each for each in _ENDINGS if letters(name).endswith(each)), "")
    return name[: len(name) - len(ending)] if len(name) - len(ending) >= _LONG else name


def _within_an_address(case: Case, place: int) -> bool:
    return any(address.start <= place < address.end for address in case.addresses)


def _agreed(case: Case, said: _Said) -> Iterator[Problem]:
    """A yes to a question that names what nothing of ours knows. In Russian: elsewhere endings hide too much."""
    known, language = case.context.known or NOTHING, case.context.language
    first = next(iter(case.text.sentences), None)
    if first is None or language != "ru" or not case.question:
        return
    sentence = case.text.raw[first[0] : first[1]]
    if "?" in sentence or not affirms(sentence) or not _claims(sentence) or case.is_own(*first):
        return
    words = WORD.findall(letters(sentence))
    if not _ANY.isdisjoint(words):
        return  # whatever it is, it is among them
    wanted = [word for word in WORD.findall(case.question)[:_MOST] if _names_a_thing(word)]
    strange = [word for word in wanted if not known.holds(word) and not said.ours.holds(word)]
    if strange and not _granted(case, words[1:]):
        yield _problem(case, first[0], WORD.findall(sentence)[0], f"a yes, and no section knows {strange[0]!r}")


def _granted(case: Case, words: Sequence[str]) -> bool:
    """Whether a section says in the words that stand behind the yes here what it is of: its own yes, or at length."""
    told = [word for word in words if _names_a_thing(word)]
    for passage in case.context.passages:
        text = passage.section.text
        for number, (start, end) in enumerate(spans(text)):
            sentence = text[start:end]
            said = KnownWords.of((sentence,))
            own = number < _FIRST and affirms(sentence)
            if (own or len(told) >= _AT_LENGTH) and told and sum(map(said.holds, told)) >= _SAME * len(told):
                return True
    return False


@lru_cache(maxsize=64)
def _claims(clause: str) -> bool:
    """Whether it says that something is so: no denial, no doubt."""
    words = WORD.findall(letters(clause))
    denied = any(word in _NO for word in words) or any(sign in clause.lower() for sign in _NEGATED)
    return not denied and not any(word.startswith(_DOUBT) for word in words)


def _clause(sentence: str, place: int) -> str:
    """The clause that a place of a sentence stands in."""
    begin = max((match.end() for match in _PAUSE.finditer(sentence, 0, place)), default=0)
    end = _PAUSE.search(sentence, place)
    return sentence[begin : end.start() if end else len(sentence)]


def _names(sentence: str, language: str) -> Iterator[tuple[int, str]]:
    """(place, name): words with a capital that do not begin a sentence, and Latin ones in a text of ours."""
    for number, match in enumerate(WORD.finditer(sentence)):
        word = match[0]
        latin = language != "en" and word.isascii()
        before = sentence[max(0, match.start() - _APART) : match.start()].rstrip(" ")[-1:]
        begins = number == 0 or before in _BEGINS
        if (latin or (word[0].isupper() and not begins)) and len(word) > 1 and letters(word) not in _CAPITALS:
            yield match.start(), word


def _names_a_thing(word: str) -> bool:
    folded = letters(word)
    counts = word_value(folded, kazakh=False) is not None
    return len(folded) >= _LONG and folded not in _UNNAMING and not folded.endswith(_DOING) and not counts


def _problem(case: Case, start: int, word: str, reason: str) -> Problem:
    return Problem("claim", f"{word!r}: {reason}", start, start + len(word))
