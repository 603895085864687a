"""Check `leak`, beside leaks.py: the instructions told in other words.

Either the machine speaks of what it was told («мне сказано», "my rules say"), or a sentence has most of its words from
one sentence of the system text, in whatever order and ending.
"""

from functools import lru_cache
from itertools import pairwise

from app.guardrail.case import Case, Problem
from app.guardrail.text.lexicon import Lexicon
from app.guardrail.text.phrases import words
from app.guardrail.text.words import read
from app.types import Section

_FEWEST = 4
"""Words with content that a sentence needs in common with a rule: fewer are chance."""
_SHARE = 0.65


def retelling(case: Case) -> list[Problem]:
    """The first place that tells of the instructions or retells one."""
    for turn in case.turns("told").all:
        if not case.is_own(turn.start, turn.end) and not _of_others(case, turn.start, turn.end):
            return [_problem(case, turn.start, turn.end, "speaks of the instructions")]
    rules = _rules(case.context.system, case.lexicon)
    for number, (start, end) in enumerate(case.text.sentences if rules else ()):
        said = case.sentence_keys[number]
        if len(said) < _FEWEST or case.is_own(start, end):
            continue
        if _drawn(said, rules) and not _drawn(said, _told(case)):
            return [_problem(case, start, end, "retells the instructions")]
    return []


def _of_others(case: Case, start: int, end: int) -> bool:
    """A section says the very same: there the customer's own machine is spoken of."""
    said = case.text.folded[start:end]
    return any(said in written for written in case.knowledge.folded)


def _drawn(said: frozenset[str], sources: tuple[frozenset[str], ...]) -> bool:
    """Whether most of what is said comes from one of the sources."""
    least = max(_FEWEST, _SHARE * len(said))
    return any(len(said & source) >= least for source in sources)


def _told(case: Case) -> tuple[frozenset[str], ...]:
    """What sections and the dialogue's own texts say, and so the draft may."""
    used = (sentence for passage in case.context.passages for sentence in _section(passage.section, case.lexicon))
    own = (sentence for text in case.context.own for sentence in _rules(text, case.lexicon))
    return (*used, *own)


@lru_cache(maxsize=4096)
def _section(section: Section, lexicon: Lexicon) -> tuple[frozenset[str], ...]:
    return _rules(section.text, lexicon)


@lru_cache(maxsize=256)
def _rules(written: str, lexicon: Lexicon) -> tuple[frozenset[str], ...]:
    """The words with content of each sentence and the one behind it: a retelling runs two together."""
    text = read(written, lexicon=lexicon)
    offered = frozenset(lexicon.key(word) for word in words("offered"))
    keys: list[set[str]] = [set() for _ in text.sentences]
    for token in text.tokens:
        if token.key and token.key not in offered:
            keys[token.sentence].add(token.key)
    pairs = (frozenset(one | two) for one, two in pairwise([*keys, set()]))
    return tuple(found for found in pairs if len(found) >= _FEWEST)


def _problem(case: Case, start: int, end: int, reason: str) -> Problem:
    return Problem("leak", f"{case.text.raw[start:end][:60]!r}: {reason}", start, end)
