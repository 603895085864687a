"""What tells of which thing a length of time is said, in check `term`: the question, the thing that is named beside it,
and how it is said.
"""

from collections.abc import Sequence

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "lengths.yaml")
_LEAST = _LISTS.pattern("least")
_SAID_LEAST = _LISTS.pattern("said_least")
_AHEAD = _LISTS.pattern("ahead")
_REACH = 36
"""Characters around a length of time among which it is called the least."""


def light(case: Case) -> frozenset[str]:
    """What tells no term from another."""
    return case.lexicon.topics | case.lexicon.generic


def was_asked(case: Case, known: list[Known], same: list[Known]) -> bool:
    """Whether the customer named what the sections give it for, and nothing that they give another for."""
    said = case.newest_keys - light(case)
    own = said & frozenset().union(*(k.name | k.keys for k in same))
    others = frozenset().union(*(k.name | k.keys for k in known if not any(k is s for s in same)))
    return bool(own - others) and not said & others - own


def told_by(case: Case, f: Figure, known: Sequence[Known], same: Sequence[Known]) -> bool:
    """Whether a term is the section's by the thing named before it, or as a least time or one ahead of something."""
    others = [k for k in known if k.unit == f.unit and k.note != "plain" and not any(k is s for s in same)]
    return _of_named(case, f, others, same) or _said_so(case, f, others, same)


def _of_named(case: Case, f: Figure, others: Sequence[Known], same: Sequence[Known]) -> bool:
    """«Дочке подойдёт «Мама и малыш»: занятие длится полчаса»: the section speaks of that thing with this term, and
    with no other."""
    products = case.knowledge.products
    named = [m for m in case.mentions if m.sentence == f.sentence and m.last < f.first and m.products and not m.head]
    for m in reversed(named):
        said = {t.key for t in case.text.tokens[m.first : m.last + 1]}
        cores = [products[n].core for n in m.products if products[n].core <= said]
        if cores:  # «справка» alone is no «справка для бассейна»
            theirs = [core for core in cores if any(_of(k, core) for k in same)]
            return any(not any(_of(k, core) for k in others) for core in theirs)
    return False


def _of(k: Known, core: frozenset[str]) -> bool:
    return bool(core) and core <= k.keys | k.name | k.context


def _said_so(case: Case, f: Figure, others: Sequence[Known], same: Sequence[Known]) -> bool:
    """«Минимум полчаса» of «не меньше чем на 30 минут», «за 24 часа» of «за сутки до начала»: whether the section says
    it in that way, has a word of the draft's beside it or in its title, and says no other length so."""
    text = case.text.folded
    before, behind = text[max(0, f.start - _REACH) : f.start], text[f.end : f.end + _REACH]
    least, ahead = bool(_SAID_LEAST.search(before)), bool(_AHEAD.search(f"{before}\n{behind}"))
    said = case.sentence_keys[f.sentence] - case.lexicon.generic

    def likewise(k: Known) -> bool:
        at = k.page.find(k.text) if k.text else -1
        lead, follow = k.page[max(0, at - _REACH) : max(0, at)], k.page[at + len(k.text) :][:_REACH]
        return at > 0 and (
            (least and bool(_LEAST.search(lead))) or (ahead and bool(_AHEAD.search(f"{lead}\n{follow}")))
        )

    return any(likewise(k) and said & (k.keys | k.context) for k in same) and not any(likewise(k) for k in others)
