"""Figures that the facts have decided of this message: a model may say them in its own words.

They stand in sentences of ours with what they are of; said of something else, or for another time, they are as wrong as
any other.
"""

from collections.abc import Iterator, Set

from app.guardrail.allowed.given import FREE
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.statements.clauses import content
from app.guardrail.subject.binding import Binding
from app.guardrail.text.folding import fold
from app.guardrail.text.words import Text


def decided(case: Case, f: Figure, binding: Binding) -> bool:
    """Whether a sentence of ours says the amount, for that time, of what it is said of here."""
    wanted = [_own(case.knowledge.products[n].keys) for n in binding.products]
    for text, figures in _ours(case):
        for g in figures:
            if g.kind != "money" or g.value != f.value or f.currency not in (None, g.currency):
                continue
            if f.period is not None and g.period is not None and f.period != g.period:
                continue
            start, end = text.sentences[g.sentence]
            named = not binding.unknown or fold(binding.unknown) in text.folded[start:end]
            said = {token.key for token in text.inside(g.sentence) if token.key}
            if any(keys <= said for keys in wanted) if wanted else named:
                return True
    return False


def _own(keys: Set[str]) -> Set[str]:
    """The name of a product rather than its kind, where it has one."""
    return {key for key in keys if not key.startswith("@")} or keys


def decided_percent(case: Case, f: Figure) -> bool:
    """Whether a sentence of ours says the percentage beside an amount that stands beside it here too."""
    beside = {g.value for g in case.figures_in.get(f.sentence, ()) if g.kind == "money"}
    for _, figures in _ours(case):
        for g in figures:
            if g.kind == "percent" and g.value == f.value:
                theirs = {h.value for h in figures if h.kind == "money" and h.sentence == g.sentence}
                if beside & theirs:
                    return True
    return False


def decided_free(case: Case, clause: int) -> bool:
    """Whether a sentence of ours calls free what a clause does."""
    said = {key for _, key in content(case.clause_text(clause))}
    for text, _ in _ours(case):
        for number, (start, end) in enumerate(text.sentences):
            freed = FREE.search(text.folded[start:end])
            if freed and said & (_keys(text, number) - {key for _, key in content(freed[0])}):
                return True
    return False


def _ours(case: Case) -> Iterator[tuple[Text, tuple[Figure, ...]]]:
    for each in case.context.deciding:
        text, figures, _ = case.heard(each.said)
        yield text, figures


def _keys(text: Text, sentence: int) -> set[str]:
    start, end = text.sentences[sentence]
    return {key for _, key in content(fold(text.raw[start:end]))}
