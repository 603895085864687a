"""Check `contradicted`, beside contradicted.py: nobody is said to speak a language that the section does not name.

A section that names the languages of something names all of them: «отвечают на русском и казахском».
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.statements.clauses import clauses, content
from app.guardrail.text.lists import Lists
from app.language.folds import letters
from app.types import Section

_LISTS = Lists("app.guardrail.checks", "tongues.yaml")
_TONGUES = tuple((name, beginnings) for name, beginnings in _LISTS.rows("tongues").items())
_MOST = 8
_NAMED = 2
"""Languages of a sentence from which they are a list of all."""


def tongues(case: Case) -> list[Problem]:
    """The first language that a section in use leaves out of those that it names of the same thing."""
    return list(islice(_strange(case), 1))


def _strange(case: Case) -> Iterator[Problem]:
    said_of = letters(case.text.raw)
    if not any(beginning in said_of for _, beginnings in _TONGUES for beginning in beginnings):
        return
    for start, end in case.text.sentences[:_MOST]:
        sentence = case.text.raw[start:end]
        if "?" in sentence or case.is_own(start, end) or not _tongues(tuple(sentence.split())):
            continue
        listing = [passage.section for passage in case.context.passages if _rows(passage.section)]
        rows = [row for section in listing for row in _rows(section)]
        named = frozenset[str]().union(*(_tongues(tuple(section.text.split())) for section in listing))
        if not rows:
            return
        for clause in clauses(sentence, case.context.language):
            said = _tongues(clause.text)
            if clause.denies or clause.supposes or not said - named:
                continue
            keys = {key for _, key in content(sentence)}
            if any(keys & about for about, _ in rows) or case.context.language not in _languages(case):
                yield Problem("contradicted", f"{min(said - named)!r}: the section names other languages", start, end)


def _languages(case: Case) -> frozenset[str]:
    return frozenset(passage.section.language for passage in case.context.passages)


@lru_cache(maxsize=4096)
def _rows(section: Section) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """(keys of the section's title and of the sentence, its languages) of each sentence that lists languages."""
    title = frozenset(key for _, key in content(section.title))
    found = []
    for sentence in section.text.split("."):
        said = _tongues(tuple(sentence.split()))
        if len(said) >= _NAMED:
            found.append((title | {key for _, key in content(sentence)}, said))
    return tuple(found)


def _tongues(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        name
        for word in words
        for name, beginnings in _TONGUES
        if letters(word).strip('«»"(),;:!').startswith(beginnings)
    )
