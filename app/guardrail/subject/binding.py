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
    binder = _Binder(text, knowledge, found, amounts, asked)
    return [_narrowed(text, knowledge, found, f, binder.of(n)) for n, f in enumerate(amounts)]


class _Binder:
    """Binds the amounts of a text, one after the other: what one is said of tells of those behind it."""

    def __init__(
        self,
        text: Text,
        knowledge: AllowedByKnowledge,
        found: Sequence[Mention],
        amounts: Sequence[Figure],
        asked: frozenset[int],
    ) -> None:
        self._text, self._knowledge, self._found, self._amounts, self._asked = text, knowledge, found, amounts, asked
        self._listed = _lists(text, found, amounts)
        self._used: set[int] = set()
        """Mentions behind an amount that are taken for it."""
        self._last = Binding()
        self._rows: dict[int, list[tuple[int, Mention]]] = {}
        for i, m in enumerate(found):
            self._rows.setdefault(m.sentence, []).append((i, m))
        self._operands: dict[int, int] = {}
        for f in amounts:
            self._operands[f.sentence] = self._operands.get(f.sentence, 0) + _operand(text, f)

    def of(self, n: int) -> Binding:
        """What amount number `n` is said of: the first step that tells."""
        self._last = self._in_order(n) or self._summed(n) or self._before(n) or self._behind(n) or self._carried(n)
        return self._last

    def _beside(self, n: int) -> tuple[Figure | None, Figure | None]:
        """The amounts before and behind it in its sentence."""
        amounts, sentence = self._amounts, self._amounts[n].sentence
        before = amounts[n - 1] if n and amounts[n - 1].sentence == sentence else None
        behind = amounts[n + 1] if n + 1 < len(amounts) and amounts[n + 1].sentence == sentence else None
        return before, behind

    def _here(self, n: int) -> list[tuple[int, Mention]]:
        return self._rows.get(self._amounts[n].sentence, [])

    def _named_before(self, n: int) -> list[Mention]:
        """What is named between the amount before it and it."""
        f, previous = self._amounts[n], self._beside(n)[0]
        low = previous.last if previous else -1
        return [m for i, m in self._here(n) if low < m.first and m.last < f.first and i not in self._used]

    def _in_order(self, n: int) -> Binding | None:
        """«А», «Б» и «В» стоят 1, 2 и 3."""
        if n not in self._listed:
            return None
        m = self._found[self._listed[n]]
        return Binding(m.products, m.unknown)

    def _summed(self, n: int) -> Binding | None:
        """«с двумя кассами: … + 2 900»: an operand is of all that is named before, or of nothing that can be told."""
        f = self._amounts[n]
        if not _operand(self._text, f):
            return None
        summed = [m for _, m in self._here(n) if m.last < f.first and not m.unknown]
        if not summed:
            return None
        told = len(summed) >= self._operands[f.sentence]
        return Binding(frozenset().union(*(m.products for m in summed))) if told else Binding()

    def _before(self, n: int) -> Binding | None:
        before = self._named_before(n)
        strong = [m for m in before if not m.head]
        return _before(self._text, before, strong, self._amounts[n]) if strong else None

    def _named_behind(self, n: int) -> list[tuple[int, Mention]]:
        """What is named between it and the amount behind it."""
        f, following = self._amounts[n], self._beside(n)[1]
        high = following.first if following else len(self._text.tokens)
        return [(i, m) for i, m in self._here(n) if f.last < m.first < high and not m.head]

    def _behind(self, n: int) -> Binding | None:
        """«7 900 ₸ за «Старт»»"""
        text, f = self._text, self._amounts[n]
        for i, m in self._named_behind(n):
            direct = _only_marks(text, f.last, m.first)
            if not direct and (m.clause != f.clause or _joint(text, f.last, m.first)):
                continue
            self._used.add(i)
            return Binding(m.products, m.unknown)
        return None

    def _carried(self, n: int) -> Binding:
        """What was said of the amount before, or named before it, or asked about."""
        f, (previous, following) = self._amounts[n], self._beside(n)
        carried = _carried(self._text, self._rows, f, self._last if previous else None, self._asked)
        kinds = frozenset().union(*(m.products for m in self._named_before(n) if m.head and not m.adjunct))
        behind = self._named_behind(n)
        if carried.products or carried.unknown:
            kin = _kin(self._knowledge, carried.products)
            # «D-POS Duo … Цена терминала»: the kind's name means the one that was named, not the others of its kind.
            return Binding(kin if kin & kinds else kin | kinds, carried.unknown)
        if behind and not following:
            return Binding(frozenset().union(*(m.products for _, m in behind)), behind[0][1].unknown)
        return Binding(kinds, head=bool(kinds))


def _narrowed(
    text: Text, knowledge: AllowedByKnowledge, found: Sequence[Mention], f: Figure, binding: Binding
) -> Binding:
    """«D-POS Duo … Цена терминала»: a name that fits several means the one of them that was named before, where it is
    one word that fits all of them."""
    named = [m for m in found if m.sentence == f.sentence and m.products == binding.products]
    if len(binding.products) < 2 or binding.every or not named:
        return binding
    common = frozenset.intersection(*(knowledge.products[n].keys for n in binding.products))
    if not any(token.key in common for m in named for token in text.tokens[m.first : m.last + 1]):
        return binding
    alone = [m.products for m in found if m.sentence < f.sentence and m.products < binding.products]
    return replace(binding, products=alone[-1]) if alone and len(alone[-1]) == 1 else binding


def _operand(text: Text, f: Figure) -> bool:
    """Whether a sign of addition or multiplication stands at an amount."""
    around = [text.tokens[i].text for i in (f.first - 1, f.last + 1) if 0 <= i < len(text.tokens)]
    return any(t in _OPERATORS and t != "=" for t in around)


def _kin(knowledge: AllowedByKnowledge, products: frozenset[int]) -> frozenset[int]:
    """With those that are called the same but for a qualifier: bought and rented, price and free sum."""
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
