"""Which product an amount is said of: mentions of products in a text, and the one that an amount belongs to.

«Старт» — 7 900 ₸, «Рост» — 14 900 ₸: the nearest mention before the amount; «7 900 ₸ за «Старт»»: the one behind it;
no mention in the sentence: those of the sentence before, or of the customer's question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.guardrail.allowed.model import AllowedByKnowledge
from app.guardrail.figures.figure import Figure
from app.guardrail.subject.mentions import Mention
from app.guardrail.text.lexicon import HEAD_WORDS, HEADS, PRICE_WORDS, QUALIFIERS
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text

_LISTS = Lists("app.guardrail.subject", "binding.yaml")
_BOUNDS = _LISTS.words("bounds")
_JOINS = _LISTS.words("joins")
_JOINTS = _LISTS.words("joints")
_MARKS = _LISTS.words("marks")
_LIST_MARKS = _LISTS.words("list_marks")

_OPERATORS = _LISTS.words("operators")

_PRICED = frozenset({"@price", "@pay", "@plan"})


@dataclass(frozen=True, slots=True)
class Binding:
    """What an amount is said of. Empty `products` and no `unknown`: nothing known was named."""

    products: frozenset[int] = frozenset()
    unknown: str = ""
    every: bool = False
    """All of the products must have the amount («А» и «Б» стоят …), not one of them."""
    fallback: frozenset[int] = frozenset()
    """Products named beside, believed only if the period excludes the others."""
    head: bool = False


def bind(
    text: Text,
    knowledge: AllowedByKnowledge,
    found: Sequence[Mention],
    amounts: Sequence[Figure],
    asked: frozenset[int],
) -> list[Binding]:
    """For every amount (in order) what it is said of. `asked`: products that the customer asked about."""
    result: list[Binding] = []
    used: set[int] = set()
    listed = _lists(text, found, amounts)
    rows: dict[int, list[tuple[int, Mention]]] = {}
    for i, m in enumerate(found):
        rows.setdefault(m.sentence, []).append((i, m))
    operands: dict[int, int] = {}
    for g in amounts:
        operands[g.sentence] = operands.get(g.sentence, 0) + _operand(text, g)
    for n, f in enumerate(amounts):
        if n in listed:
            result.append(Binding(found[listed[n]].products, found[listed[n]].unknown))
            continue
        previous = amounts[n - 1] if n and amounts[n - 1].sentence == f.sentence else None
        following = amounts[n + 1] if n + 1 < len(amounts) and amounts[n + 1].sentence == f.sentence else None
        low = previous.last if previous else -1
        here = rows.get(f.sentence, [])
        before = [m for i, m in here if low < m.first and m.last < f.first and i not in used]
        summed = [m for _, m in here if m.last < f.first and not m.unknown] if _operand(text, f) else []
        if summed:
            named = frozenset().union(*(m.products for m in summed))
            # «с двумя кассами: … + 2 900»
            result.append(Binding(named) if len(summed) >= operands[f.sentence] else Binding())
            continue
        strong = [m for m in before if not m.head]
        if strong:
            result.append(_before(text, before, strong, f))
            continue
        high = following.first if following else len(text.tokens)
        behind = [(i, m) for i, m in here if f.last < m.first < high and not m.head]
        near = [
            (i, m)
            for i, m in behind
            if (m.clause == f.clause and not _joint(text, f.last, m.first)) or _only_marks(text, f.last, m.first)
        ]
        direct = near and _only_marks(text, f.last, near[0][1].first)
        if near and (
            direct or not (following and _tight(text, near[0][1], following) and near[0][1].clause != f.clause)
        ):
            used.add(near[0][0])
            result.append(Binding(near[0][1].products, near[0][1].unknown))
            continue
        carried = _carried(text, rows, f, result[-1] if previous and result else None, asked)
        kinds = frozenset().union(*(m.products for m in before if m.head and not m.adjunct))
        if carried.products or carried.unknown:
            kin = _kin(knowledge, carried.products)
            # «D-POS Duo … Цена терминала»: the kind's name means the one that was named, not the others of its kind.
            result.append(Binding(kin if kin & kinds else kin | kinds, carried.unknown))
        elif behind and not following:
            result.append(Binding(frozenset().union(*(m.products for _, m in behind)), behind[0][1].unknown))
        else:
            result.append(Binding(kinds, head=bool(kinds)))
    return [_narrowed(found, f, binding) for f, binding in zip(amounts, result, strict=True)]


def _narrowed(found: Sequence[Mention], f: Figure, binding: Binding) -> Binding:
    """«D-POS Duo … Цена терминала»: a name that fits several means the one of them that was named before."""
    named = [m for m in found if m.sentence == f.sentence and m.products == binding.products]
    if len(binding.products) < 2 or binding.every or not named:
        return binding
    alone = [m.products for m in found if m.sentence < f.sentence and m.products < binding.products]
    return replace(binding, products=alone[-1]) if alone and len(alone[-1]) == 1 else binding


def _operand(text: Text, f: Figure) -> bool:
    """Whether a sign of addition or multiplication stands at an amount."""
    around = [text.tokens[i].text for i in (f.first - 1, f.last + 1) if 0 <= i < len(text.tokens)]
    return any(t in _OPERATORS and t != "=" for t in around)


def _kin(knowledge: AllowedByKnowledge, products: frozenset[int]) -> frozenset[int]:
    """With those that are called the same but for a qualifier: buying and renting, the price and the sum it is free from."""
    cores = {knowledge.products[n].core - QUALIFIERS for n in products}
    return products | {n for n, p in enumerate(knowledge.products) if p.core - QUALIFIERS in cores}


def _before(text: Text, before: list[Mention], strong: list[Mention], f: Figure) -> Binding:
    if strong[-1].unknown and strong[-1].adjunct and any(not m.unknown for m in strong):
        strong = [m for m in strong if not m.unknown]
    nearest = strong[-1]
    mains = [m for m in strong if not m.adjunct]
    tight = _tight(text, nearest, f)
    if tight and (not nearest.adjunct or not mains):
        group = _group(text, strong)
        if len(group) > 1 and text.tokens[f.first - 1].text not in _BOUNDS:
            return Binding(frozenset().union(*(m.products for m in group)), nearest.unknown, every=True)
        return Binding(nearest.products, nearest.unknown)
    chosen = mains or strong
    known = [m for m in chosen if not m.unknown]
    if not known:
        return Binding(frozenset(), chosen[-1].unknown if tight or _headed(text, chosen[-1]) else "")
    others = [m for m in strong if m not in known and not m.unknown]
    return Binding(
        frozenset().union(*(m.products for m in known)), fallback=frozenset().union(*(m.products for m in others))
    )


def _headed(text: Text, mention: Mention) -> bool:
    return any(t.text.startswith(HEAD_WORDS) for t in text.tokens[max(0, mention.first - 2) : mention.last + 2])


def _group(text: Text, strong: list[Mention]) -> list[Mention]:
    """The last mention with those joined to it by commas and «и»."""
    group = [strong[-1]]
    for m in reversed(strong[:-1]):
        between = text.tokens[m.last + 1 : group[0].first]
        if all(t.text in _JOINS for t in between) and between:
            group.insert(0, m)
        else:
            break
    return group


def _tight(text: Text, mention: Mention, f: Figure) -> bool:
    """Whether nothing but price words stands between a mention and the amount behind it."""
    between = text.tokens[mention.last + 1 : f.first]
    return len(between) <= 12 and all(
        (t.kind == "s" and t.text in '«»"—–-:=,(')
        or t.text in PRICE_WORDS
        or t.key in _PRICED
        or t.key in text.lexicon.counted
        for t in between
    )


def _joint(text: Text, last: int, first: int) -> bool:
    return any(t.text in _JOINTS for t in text.tokens[last + 1 : first])


def _only_marks(text: Text, last: int, first: int) -> bool:
    between = text.tokens[last + 1 : first]
    return all((t.kind == "s" and t.text != ",") or t.key in HEADS or t.text in _MARKS for t in between)


def _lists(text: Text, found: Sequence[Mention], amounts: Sequence[Figure]) -> dict[int, int]:
    """«А», «Б» и «В» стоят 1, 2 и 3: amount -> mention, in order."""
    result: dict[int, int] = {}
    n = 0
    while n < len(amounts):
        run = [n]
        while run[-1] + 1 < len(amounts) and _joined(text, amounts[run[-1]], amounts[run[-1] + 1]):
            run.append(run[-1] + 1)
        if len(run) > 1:
            before = [
                i
                for i, m in enumerate(found)
                if m.sentence == amounts[n].sentence and m.last < amounts[n].first and not m.head
            ]
            group = _group(text, [found[i] for i in before]) if before else []
            if len(group) == len(run):
                for amount, mention in zip(run, group, strict=True):
                    result[amount] = next(i for i in before if found[i] is mention)
        n = run[-1] + 1
    return result


def _joined(text: Text, one: Figure, two: Figure) -> bool:
    between = text.tokens[one.last + 1 : two.first]
    return one.sentence == two.sentence and bool(between) and all(t.text in _LIST_MARKS for t in between)


def _carried(
    text: Text, rows: dict[int, list[tuple[int, Mention]]], f: Figure, previous: Binding | None, asked: frozenset[int]
) -> Binding:
    if previous is not None and (previous.products or previous.unknown):
        return Binding(previous.products, previous.unknown)
    for sentence in sorted((number for number in rows if number <= f.sentence), reverse=True):
        here = [m for _, m in rows[sentence] if not m.head and m.last < f.first]
        if here:
            mains = [m for m in here if not m.unknown]
            if mains:
                return Binding(frozenset().union(*(m.products for m in mains)))
            if _headed(text, here[-1]) and not here[-1].adjunct:
                return Binding(frozenset(), here[-1].unknown)
    return Binding(asked)
