"""What a percentage, a duration or a time is said about: the words around it, by topic."""

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lexicon import QUALIFIERS
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "about.yaml")

_JOIN = _LISTS.words("join")


def subjects(case: Case, kind: str) -> list[tuple[Figure, frozenset[str]]]:
    """Every figure of a kind with the words it is said about: before it, or behind it where none stand before."""
    result = []
    tokens = case.text.tokens
    low = 0
    these = [f for f in case.figures if f.kind == kind]
    for n, f in enumerate(these):
        following = these[n + 1].first if n + 1 < len(these) else len(tokens)
        before = {t.key for t in tokens[low : f.first] if t.key and t.sentence == f.sentence}
        behind, stop = _behind(case, f, following)
        if before & case.lexicon.subjects:
            keys, low = before, f.last + 1
        elif behind & case.lexicon.subjects:
            keys, low = behind | before, stop
        else:
            rest = (
                behind
                if behind - case.lexicon.generic
                else {t.key for t in tokens[f.last + 1 : following] if t.key and t.sentence == f.sentence}
            )
            keys, low = (
                before | (rest if not (before - case.lexicon.generic) or rest & case.lexicon.subjects else set()),
                f.last + 1,
            )
        result.append((f, frozenset(keys)))
    return result


def _behind(case: Case, f: Figure, following: int) -> tuple[set[str], int]:
    """Words behind a figure in its clause, and where they end."""
    keys = set()
    place = f.last + 1
    tokens = case.text.tokens
    while place < following and tokens[place].clause == f.clause and tokens[place].text not in _JOIN:
        if tokens[place].key:
            keys.add(tokens[place].key)
        place += 1
    return keys, place


def topics(case: Case, f: Figure, keys: frozenset[str]) -> frozenset[str]:
    """The topics of a figure: of its words, else of its sentence, of those before, of the question."""
    found = keys & case.lexicon.subjects
    sentence = f.sentence
    while not found and sentence >= 0:
        found = case.sentence_keys[sentence] & case.lexicon.subjects
        sentence -= 1
    return found or case.newest_keys & case.lexicon.subjects


def of(case: Case, known: Known) -> frozenset[str]:
    """The topics of something known, at their widest."""
    return (known.name | known.keys | known.context) & case.lexicon.subjects


def narrow(case: Case, known: Known) -> frozenset[str]:
    """The topics of its own clause and name."""
    return (known.name | known.keys) & case.lexicon.subjects or of(case, known)


def fit(case: Case, about: frozenset[str], known: Known, near: frozenset[str]) -> float:
    """How well something known answers to what a figure is said about. Not above 0: it does not."""
    own = narrow(case, known)
    if not about:
        return 0.5 + 0.5 * len((near & (known.name | known.keys)) - case.lexicon.subjects - case.lexicon.generic)
    common = len(about & own) + 0.5 * len(about & (of(case, known) - own))
    if not common:
        return 0.0 if of(case, known) else 0.4
    missing = len((own & QUALIFIERS) - near - case.spoken_keys)
    surplus = len((near & QUALIFIERS) - known.name - known.keys - known.context)
    return (
        common
        + 0.2 * len((near & known.keys) - case.lexicon.subjects - case.lexicon.generic)
        - 2 * missing
        - 2 * surplus
        - 0.3 * len((own & QUALIFIERS) - near)
    )
