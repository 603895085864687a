"""Which product an amount is said of: mentions of products in a text, and the one that an amount belongs to.

«Старт» — 7 900 ₸, «Рост» — 14 900 ₸: the nearest mention before the amount; «7 900 ₸ за «Старт»»: the one behind it;
no mention in the sentence: those of the sentence before, or of the customer's question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.guardrail.figures import Figure
from app.guardrail.knowledge import Knowledge
from app.guardrail.lexicon import GENERIC, HEADS, PREPOSITIONS, QUALIFIERS
from app.guardrail.words import Text, Token, cyrillic, stem

_CONJUNCTIONS = frozenset("и или а но плюс жане немесе ал and or but если чтобы когда который которая".split())
_PRICE_WORDS = frozenset(
    "стоит стоят стоить стоимость цена цены ценник обойдется обходится обойдутся выйдет выходит будет составит составляет "
    "это за по от до ровно всего вам вас тебе сейчас тариф тарифы плата оплата платеж абонплата у нас в месяц год "
    "месяцев мес мы разово ежемесячно примерно около почти турады болады багасы куны айына жылына бир дукенге costs is at "
    "cost price the for a just only per month year и same магазин один одну разовая платите платит руб уже еще тоже также "
    "лишь одинаково одинаковую как раз здесь она он оно они его ее их теперь тарифи модули бойынша ушин будут доступен доступна доступно".split()
)
_OPERATORS = frozenset("+ × * = плюс".split())
_HEAD_WORDS = ("тариф", "модул", "комплект", "пакет", "план", "plan", "module", "подписк", "опци")


@dataclass(frozen=True, slots=True)
class Mention:
    """Products named at tokens `first`..`last`. Several when the words fit several («сканер»)."""

    first: int
    last: int
    sentence: int
    clause: int
    products: frozenset[int]
    adjunct: bool
    """Behind a preposition: «для тарифа «Рост»»."""
    head: bool = False
    """Only the kind was named («модули»)."""
    unknown: str = ""
    """A named thing that the sections give no price for."""


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


def mentions(text: Text, knowledge: Knowledge, amounts: Sequence[Figure], quotes_said: str = "") -> list[Mention]:
    """Every product mention of a text, in order. `quotes_said`: folded text whose quotations are not names."""
    blocked = {i for f in amounts for i in range(f.first, f.last + 1)}
    found: list[Mention] = []
    for first, last, quoted in _clusters(text, blocked):
        found += _named(text, knowledge, first, last, quoted, quotes_said)
    return found


def _clusters(text: Text, blocked: set[int]) -> list[tuple[int, int, bool]]:
    """Runs of words that may be one name: (first token, last token, whether a quotation is in it)."""
    result: list[tuple[int, int, bool]] = []
    first = -1
    quote = 0
    last = -1

    def close() -> None:
        nonlocal first, quote
        if first >= 0:
            end = last
            while (
                end > first and not text.tokens[end].key and text.tokens[end].kind == "w" and not text.tokens[end].quote
            ):
                end -= 1
            result.append((first, end, quote > 0))
        first, quote = -1, 0

    previous: Token | None = None
    for i, t in enumerate(text.tokens):
        if t.kind == "s":
            if t.text not in '«»"-/':
                close()
            continue
        if i in blocked or (previous is not None and (t.clause != previous.clause or t.sentence != previous.sentence)):
            close()
        previous = t
        if i in blocked:
            continue
        if not t.quote and (t.text in PREPOSITIONS or t.text in _CONJUNCTIONS):
            close()
            continue
        if quote and t.quote and t.quote != quote:
            close()
        if quote and not t.quote and t.key and t.key not in HEADS and not t.latin:
            close()
        if first < 0:
            first = i
        quote = quote or t.quote
        last = i
    close()
    return result


def _named(text: Text, knowledge: Knowledge, first: int, last: int, quoted: bool, quotes_said: str) -> list[Mention]:
    """The mentions in one run of words: mostly one, two where two names stand side by side («без ОФД онлайн-касса»)."""
    tokens = text.tokens[first : last + 1]
    if not quoted and not any(t.key in knowledge.index or t.latin or t.text.startswith(_HEAD_WORDS) for t in tokens):
        return []
    whole = range(first, last + 1)
    keys = {t.key for t in tokens if t.key} | {f"#{t.text}" for t in tokens if t.kind == "n"}
    keys |= {stem(cyrillic(t.text)) for t in tokens if t.latin and (t.upper or t.quote)}
    start = text.tokens[first]
    lead = text.tokens[first - 1] if first else None
    if lead is not None and lead.kind == "s" and lead.text in '«"' and first > 1:
        lead = text.tokens[first - 2]
    adjunct = lead is not None and lead.sentence == start.sentence and lead.text in PREPOSITIONS
    around = _qualifiers(text, first, last)
    scores: dict[int, float] = {}
    heads: set[int] = set()
    kinds: dict[int, int] = {}
    has_head = any(t.text.startswith(_HEAD_WORDS) for t in tokens)
    for product_number in {n for k in keys for n in knowledge.index.get(k, ())}:
        product = knowledge.products[product_number]
        core = product.core & keys
        if product.quoted and core and not has_head:
            named = {
                k for t in tokens if t.quote or t.upper for k in (t.key, stem(cyrillic(t.text)) if t.latin else t.key)
            }
            core &= named | QUALIFIERS
        if product.quoted and not core - GENERIC:
            core = frozenset()
        if product.latin and core and core <= {k for k in core if k.startswith("#") or k in QUALIFIERS}:
            core = frozenset()
        full = product.keys & keys
        if (
            not core
            and len(full - HEADS) >= 2
            and 3 * len(full) >= 2 * len(product.keys)
            and not product.quoted
            and not product.latin
        ):
            core = full  # «подключение кассы» for «Подключение онлайн-кассы»
        if core and core <= {"@extra"} and not (product.keys - core) & around:
            core = frozenset()
        if core:
            missing_qualifier = bool((product.core & QUALIFIERS) - around)
            lacking = len(product.core - keys - around)
            bonus = len(product.core & QUALIFIERS & around)
            wrong = any(k.startswith("#") for k in keys) and bool({k for k in product.keys if k.startswith("#")} - keys)
            scores[product_number] = 2 * len(core) + len(full) + 2 * bonus - lacking - 3 * missing_qualifier - 2 * wrong
        elif product.latin and full - GENERIC - HEADS - {"d"} and not quoted:
            kinds[product_number] = len(full)
        elif full & HEADS:
            heads.add(product_number)
    numbers = {k for k in keys if k.startswith("#")}
    if scores:
        best = max(scores.values())
        chosen = frozenset(n for n, score in scores.items() if score >= best - 0.01)
        digits = {k for n in chosen for k in knowledge.products[n].keys if k.startswith("#")}
        if numbers and digits and not numbers & digits:
            name = _words(text, first, last)
            return [Mention(first, last, start.sentence, start.clause, frozenset(), adjunct, unknown=name)]
        if adjunct and first > 1:  # «доступ к API»: the name itself has the preposition
            head = text.tokens[first - 2].key
            adjunct = not (head and all(head in knowledge.products[n].keys for n in chosen))
        told = frozenset().union(*(knowledge.products[n].keys for n in chosen))
        ends = [i for i in range(first, last + 1) if _belongs(text.tokens[i], told)]
        first, last = (ends[0], ends[-1]) if ends else (first, last)
        result = [Mention(first, last, start.sentence, start.clause, chosen, adjunct)]
        for n in scores:
            other = (knowledge.products[n].core & keys) - told
            if n not in chosen and other and not knowledge.products[n].core & told:
                place = next((i for i in whole if text.tokens[i].key in other), first)
                mine = next((i for i in range(first, last + 1) if text.tokens[i].key in told), first)
                own = frozenset({n})
                if place < mine:
                    result.insert(0, Mention(place, place, start.sentence, start.clause, own, adjunct))
                    result[-1] = Mention(mine, last, start.sentence, start.clause, chosen, False)
                else:
                    result.append(Mention(place, place, start.sentence, start.clause, own, False))
                break
        return result
    name = _unknown(text, tokens, quoted, has_head, quotes_said)
    if name:
        return [Mention(first, last, start.sentence, start.clause, frozenset(), adjunct, unknown=name)]
    if kinds:  # «сканер»: any of them
        best_kind = max(kinds.values())
        alike = frozenset(n for n, size in kinds.items() if size == best_kind)
        ends = [
            i
            for i in whole
            if text.tokens[i].key and any(text.tokens[i].key in knowledge.products[n].keys for n in alike)
        ]
        return [Mention(ends[0], ends[-1], start.sentence, start.clause, alike, adjunct)]
    if heads:
        return [Mention(first, last, start.sentence, start.clause, frozenset(heads), adjunct, head=True)]
    return []


def _belongs(token: Token, told: frozenset[str]) -> bool:
    return token.key in told or f"#{token.text}" in told or token.quote > 0


def _qualifiers(text: Text, first: int, last: int) -> frozenset[str]:
    """Qualifying words near a mention: in its clause and the next words of the sentence up to another amount."""
    sentence = text.tokens[first].sentence
    low, high = first, last
    while low > 0 and text.tokens[low - 1].sentence == sentence and text.tokens[low - 1].kind != "n":
        low -= 1
    while (
        high + 1 < len(text.tokens) and text.tokens[high + 1].sentence == sentence and text.tokens[high + 1].kind != "n"
    ):
        high += 1
    return frozenset(
        t.key for t in text.tokens[low : high + 1] if t.key in QUALIFIERS or t.key in ("@register", "@employee")
    )


def _unknown(text: Text, tokens: Sequence[Token], quoted: bool, has_head: bool, quotes_said: str) -> str:
    """The name of something that is named like a product and is none of the sections'."""
    if quoted:
        words = [t for t in tokens if t.quote]
        if not words:
            return ""
        phrase = text.folded[words[0].start : words[-1].end]
        if phrase in quotes_said or len(words) > 4:
            return ""
        return text.raw[words[0].start : words[-1].end]
    if has_head:
        for one, two in pairwise(tokens):
            if one.text.startswith(_HEAD_WORDS) and two.upper and not two.latin and two.kind == "w":
                return text.raw[two.start : two.end]
    return ""


def _words(text: Text, first: int, last: int) -> str:
    return text.raw[text.tokens[first].start : text.tokens[last].end]


def bind(
    text: Text, knowledge: Knowledge, found: Sequence[Mention], amounts: Sequence[Figure], asked: frozenset[int]
) -> list[Binding]:
    """For every amount (in order) what it is said of. `asked`: products that the customer asked about."""
    result: list[Binding] = []
    used: set[int] = set()
    listed = _lists(text, found, amounts)
    for n, f in enumerate(amounts):
        if n in listed:
            result.append(Binding(found[listed[n]].products, found[listed[n]].unknown))
            continue
        previous = amounts[n - 1] if n and amounts[n - 1].sentence == f.sentence else None
        following = amounts[n + 1] if n + 1 < len(amounts) and amounts[n + 1].sentence == f.sentence else None
        low = previous.last if previous else -1
        before = [
            m
            for i, m in enumerate(found)
            if m.sentence == f.sentence and low < m.first and m.last < f.first and i not in used
        ]
        if _operand(text, f) and any(m.sentence == f.sentence and m.last < f.first and not m.unknown for m in found):
            summed = [m for m in found if m.sentence == f.sentence and m.last < f.first and not m.unknown]
            operands = sum(g.sentence == f.sentence and _operand(text, g) for g in amounts)
            named = frozenset().union(*(m.products for m in summed))
            result.append(Binding(named) if len(summed) >= operands else Binding())  # «с двумя кассами: … + 2 900»
            continue
        strong = [m for m in before if not m.head]
        if strong:
            result.append(_before(text, before, strong, f))
            continue
        high = following.first if following else len(text.tokens)
        behind = [
            (i, m) for i, m in enumerate(found) if m.sentence == f.sentence and f.last < m.first < high and not m.head
        ]
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
        carried = _carried(text, found, f, result[-1] if previous and result else None, asked)
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


def _kin(knowledge: Knowledge, products: frozenset[int]) -> frozenset[int]:
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
        if len(group) > 1 and text.tokens[f.first - 1].text not in ("от", "до"):
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
    return any(t.text.startswith(_HEAD_WORDS) for t in text.tokens[max(0, mention.first - 2) : mention.last + 2])


def _group(text: Text, strong: list[Mention]) -> list[Mention]:
    """The last mention with those joined to it by commas and «и»."""
    group = [strong[-1]]
    for m in reversed(strong[:-1]):
        between = text.tokens[m.last + 1 : group[0].first]
        if all(t.text in ("«", "»", '"', ",", "и", "или", "and", "or", "жане") for t in between) and between:
            group.insert(0, m)
        else:
            break
    return group


def _tight(text: Text, mention: Mention, f: Figure) -> bool:
    """Whether nothing but price words stands between a mention and the amount behind it."""
    between = text.tokens[mention.last + 1 : f.first]
    return len(between) <= 12 and all(
        (t.kind == "s" and t.text in '«»"—–-:=,(')
        or t.text in _PRICE_WORDS
        or t.key in ("@price", "@pay", "@shop", "@register", "@plan")
        for t in between
    )


def _joint(text: Text, last: int, first: int) -> bool:
    return any(t.text in ("и", "а", "но", "and", "жане") for t in text.tokens[last + 1 : first])


def _only_marks(text: Text, last: int, first: int) -> bool:
    between = text.tokens[last + 1 : first]
    return all((t.kind == "s" and t.text != ",") or t.key in HEADS or t.text in ("за", "это") for t in between)


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
    return (
        one.sentence == two.sentence
        and bool(between)
        and all(t.text in (",", "и", "or", "and", "жане", "₸", "/", "тенге") for t in between)
    )


def _carried(
    text: Text, found: Sequence[Mention], f: Figure, previous: Binding | None, asked: frozenset[int]
) -> Binding:
    if previous is not None and (previous.products or previous.unknown):
        return Binding(previous.products, previous.unknown)
    for sentence in range(f.sentence, -1, -1):
        here = [m for m in found if m.sentence == sentence and not m.head and m.last < f.first]
        if here:
            mains = [m for m in here if not m.unknown]
            if mains:
                return Binding(frozenset().union(*(m.products for m in mains)))
            if _headed(text, here[-1]) and not here[-1].adjunct:
                return Binding(frozenset(), here[-1].unknown)
    return Binding(asked)
