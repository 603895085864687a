"""Check `act`, beside acts.py: a deed told by its object («оплата дошла»), and growth promised."""

from app.guardrail.case import Case, Problem
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.promises", "deeds.yaml")

_MOST = 12
_GROWS = _LISTS.row("grows")
_TURNS = {
    "deeds": "nothing was done that can be seen here",
    "growth": "no section promises this",
    "flawless": "no section promises this",
}
"""List of phrases.yaml -> what is wrong."""


def deeds(case: Case) -> list[Problem]:
    """The first deed or promise of each list that is said as a fact."""
    problems = []
    named = _named(case)
    for name, detail in _TURNS.items():
        for number, turn in enumerate(case.turns(name).all):
            if number < _MOST and name == "growth" and turn.start in named:
                continue  # «на «Росте» получится …» is a product's name
            if number < _MOST and (case.is_own(turn.start, turn.end) or _open(case, turn.sentence, turn.clause)):
                continue
            if number < _MOST and any(
                case.text.folded[turn.start : turn.end] in page for page in case.knowledge.folded
            ):
                continue
            problems.append(Problem("act", f"{case.text.raw[turn.start : turn.end]!r}: {detail}", turn.start, turn.end))
            break
    return problems


def _named(case: Case) -> frozenset[int]:
    """Where a product is named: «Рост» may be one, «рост продаж» is none."""
    tokens = case.text.tokens
    places = {place for m in case.mentions for place in range(m.first, m.last + 1)}
    behind = {place: tokens[place + 1].text if place + 1 < len(tokens) else "" for place in places}
    return frozenset(tokens[place].start for place in places if not behind[place].startswith(_GROWS))


def _open(case: Case, sentence: int, clause: int) -> bool:
    """It is asked, denied, made to depend on something or left to somebody who knows."""
    if case.sentence_text(sentence).rstrip().endswith("?") or clause in case.turns("unsettled").clauses:
        return True
    if any(turn.clause <= clause for turn in case.turns("conditional").of(sentence)):
        return True
    return clause in case.turns("denial").clauses and clause not in case.turns("undoing").clauses
