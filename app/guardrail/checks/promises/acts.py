"""Check `act`: nothing is said to be done that a writing machine did not or cannot do, and nothing is promised.

Offers («могу передать вопрос»), questions, negations, what others do («кассир отправил») and conditions pass: rules.py.
"""

import re
from functools import lru_cache

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.promises.rules import RULES, Said
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.promises", "acts.yaml")
_NOT_WORDS = _LISTS.words("not_words")
_NOT_BEFORE = _LISTS.pattern("not_before")
_FIRST = re.compile(r"[^\W_]*")


def acts(case: Case) -> list[Problem]:
    """Acts, states and promises that nobody but a person could vouch for."""
    problems: list[Problem] = []
    folded = case.text.folded
    few = Few(problems)
    rules = [rule for rule in RULES if rule.find.search(folded)]
    for number, (a, b) in enumerate(case.text.sentences if rules else ()):
        piece = folded[a:b]
        for rule in rules:
            for m in few(rule.find, piece, a):
                start, end = a + m.start(), a + m.end()
                if case.is_own(start, end) or _quoted(case, start) or not rule.said(Said(piece, m, case.names)):
                    continue
                if any(p.start < end and start < p.end for p in problems) or rule.unless(case, m.group(), number):
                    continue
                problems.append(Problem("act", f"{case.text.raw[start:end]!r}: {rule.detail}", start, end))
    problems += _never(case)
    return problems


def _quoted(case: Case, start: int) -> bool:
    """Inside a quotation of the customer's own words; a quotation ends with its sentence."""
    token = case.token_at(start)
    if token is None or not token.quote:
        return False
    words = [t for t in case.text.inside(token.sentence) if t.quote == token.quote]
    return case.text.folded[words[0].start : words[-1].end] in case.customer


@lru_cache(maxsize=512)
def forbidden(phrase: str) -> re.Pattern[str] | None:
    """The pattern of a phrase of the policy: its words with anything but letters between them; None without words."""
    words = re.findall(r"[^\W_]+", fold(phrase))
    return re.compile(r"\b" + r"\W+".join(re.escape(word) for word in words)) if words else None


def _never(case: Case) -> list[Problem]:
    """Phrases that the policy forbids, whatever the spacing and case."""
    problems: list[Problem] = []
    few = Few(problems)
    for phrase in case.context.never:
        pattern = forbidden(phrase)
        for m in few(pattern, case.text.folded) if pattern else ():
            negated = _NOT_BEFORE.search(case.text.folded, max(0, m.start() - 6), m.start())
            if negated and _FIRST.match(m.group())[0] not in _NOT_WORDS:  # type: ignore[index]
                continue
            if not case.is_own(*m.span()):
                problems.append(
                    Problem(
                        "act",
                        f"{case.text.raw[m.start() : m.end()]!r}: the policy forbids to say this",
                        m.start(),
                        m.end(),
                    )
                )
    return problems
