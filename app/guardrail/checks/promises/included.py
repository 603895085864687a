"""What is said to be included: a product with a price is so only where a section says it, in the same plan."""

import re

from app.guardrail.allowed.model import Free as Statement
from app.guardrail.case import Case
from app.guardrail.subject.mentions import Mention
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.promises", "included.yaml")
_INCLUDES = _LISTS.row("includes")
_IS_INCLUDED = _LISTS.row("is_included")
_IN = _LISTS.words("in")
_INCLUDED_KK = _LISTS.word("included_kk")
_DATIVE = _LISTS.row("dative")


def included_wrongly(case: Case, m: re.Match[str]) -> str:
    """What is wrong with «Перенос данных входит в стоимость», if anything is."""
    sentence = case.sentence_at(m.start())
    split = _whole_and_parts(case, m, sentence)
    if split is None:
        return ""
    whole, parts = split
    products = case.knowledge.products
    names = frozenset().union(*(products[n].core for x in whole for n in x.products))
    for part in parts:
        if len(part.products) != 1:
            continue
        (n,) = part.products
        paid = all(p.amount and not p.least for p in products[n].prices)
        kind = not products[n].core & case.sentence_keys[sentence]  # «a printer»
        if not paid or kind or "@extra" in products[n].keys or _supported(case, products[n].core, names):
            continue
        return f"{products[n].name!r} has a price and no section includes it here"
    return ""


def _whole_and_parts(case: Case, m: re.Match[str], sentence: int) -> tuple[list[Mention], list[Mention]] | None:
    """What includes and what is included, by the word that says it; None where that cannot be told."""
    word = m.group().split()[-1]
    here = [x for x in case.mentions if x.sentence == sentence and not x.head]
    place = case.text.token_at(m.start())
    after = [x for x in here if x.first > place]
    before = [x for x in here if x.last < place]
    if word.startswith(_INCLUDES):
        return before, after
    if word.startswith(_IS_INCLUDED):
        return _by_preposition(case, m, (here, before, after))
    clause = case.text.tokens[place].clause
    if case.clause_keys(clause) & case.lexicon.limited and not any(x.clause == clause for x in here):
        return None  # «…, with 3 registers included»: the registers are, not what was named before
    inside = [x for x in here if x.clause == clause]
    said = {t.key for t in case.text.tokens[place : case.text.token_at(m.end()) + 1]}
    if not inside and case.clause_keys(clause) - case.lexicon.generic - said and "," in _led_by(case, clause):
        return None  # «лодки и байдарки, жилеты включены»: it has a subject of its own
    whole = [x for x in here if x.adjunct]
    return whole, [x for x in before if x not in whole]


def _led_by(case: Case, clause: int) -> str:
    """What stands right before a clause."""
    first = next((n for n, t in enumerate(case.text.tokens) if t.clause == clause), 0)
    return case.text.tokens[first - 1].text + case.text.tokens[first].text if first else ""


def _by_preposition(
    case: Case, m: re.Match[str], named: tuple[list[Mention], list[Mention], list[Mention]]
) -> tuple[list[Mention], list[Mention]] | None:
    """«в тариф «Рост» входит API», «API входит в тариф «Рост»»; `named`: in all, before and behind."""
    here, before, after = named
    tokens, place = case.text.tokens, case.text.token_at(m.start())
    lead = case.text.inside(tokens[place].sentence)
    if any(t.text in _IN for t in lead if t.end <= m.start() and t.clause == tokens[place].clause):
        return before, after
    if any(t.text in _IN for t in tokens[place + 1 : place + 4]):
        return after, before
    if not m.group().split()[-1].startswith(_INCLUDED_KK):
        return None
    # Kazakh: what it is included in stands in the dative («тарифіне»).
    whole = [x for x in here if tokens[min(x.last, len(tokens) - 1)].text.endswith(_DATIVE)]
    return (whole, [x for x in before if x not in whole]) if whole else None


def _supported(case: Case, core: frozenset[str], names: frozenset[str]) -> bool:
    """Whether a section includes a product, in what is named where something is."""
    stated = [s for s in case.knowledge.free if core & s.keys]
    if not names:
        return bool(stated)
    return any(names & s.keys for s in stated) or any(
        names & s.wide and not _in_another(case, s, names) for s in stated
    )


def _in_another(case: Case, s: Statement, names: frozenset[str]) -> bool:
    """Whether the statement includes it in another named product."""
    others = frozenset().union(*(p.core for p in case.knowledge.products if p.quoted)) - names
    return bool(others & s.keys)
