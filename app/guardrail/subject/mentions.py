"""Which products a text names, and where."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.guardrail.allowed.model import AllowedByKnowledge
from app.guardrail.figures.figure import Figure
from app.guardrail.text.folding import cyrillic
from app.guardrail.text.lexicon import HEAD_WORDS, HEADS, PREPOSITIONS, QUALIFIERS, stem
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_LISTS = Lists("app.guardrail.subject", "mentions.yaml")

_CONJUNCTIONS = _LISTS.words("conjunctions")


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


def mentions(
    text: Text, knowledge: AllowedByKnowledge, amounts: Sequence[Figure], quotes_said: str = ""
) -> list[Mention]:
    """Every product mention of a text, in order. `quotes_said`: folded text whose quotations are not names."""
    blocked = {i for f in amounts for i in range(f.first, f.last + 1)}
    found: list[Mention] = []
    near = _Near(text)
    for first, last, quoted in _clusters(text, blocked):
        found += _named(text, knowledge, first, last, quoted, quotes_said, near)
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

    previous: PlacedToken | None = None
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


def _named(
    text: Text, knowledge: AllowedByKnowledge, first: int, last: int, quoted: bool, quotes_said: str, near: "_Near"
) -> list[Mention]:
    """The mentions in one run of words: mostly one, two where two names stand side by side («без ОФД онлайн-касса»)."""
    tokens = text.tokens[first : last + 1]
    if not quoted and not any(t.key in knowledge.index or t.latin or t.text.startswith(HEAD_WORDS) for t in tokens):
        return []
    whole = range(first, last + 1)
    keys = {t.key for t in tokens if t.key} | {f"#{t.text}" for t in tokens if t.kind == "n"}
    keys |= {stem(cyrillic(t.text)) for t in tokens if t.latin and (t.upper or t.quote)}
    start = text.tokens[first]
    lead = text.tokens[first - 1] if first else None
    if lead is not None and lead.kind == "s" and lead.text in '«"' and first > 1:
        lead = text.tokens[first - 2]
    adjunct = lead is not None and lead.sentence == start.sentence and lead.text in PREPOSITIONS
    around = near(first, last)
    scores: dict[int, float] = {}
    heads: set[int] = set()
    kinds: dict[int, int] = {}
    has_head = any(t.text.startswith(HEAD_WORDS) for t in tokens)
    for product_number in {n for k in keys for n in knowledge.index.get(k, ())}:
        product = knowledge.products[product_number]
        core = product.core & keys
        if product.quoted and core and not has_head:
            named = {
                k for t in tokens if t.quote or t.upper for k in (t.key, stem(cyrillic(t.text)) if t.latin else t.key)
            }
            core &= named | QUALIFIERS
        if product.quoted and not core - text.lexicon.generic:
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
        elif product.latin and full - text.lexicon.generic - HEADS - {"d"} and not quoted:
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
        first, last = (ends[0], ends[-1]) if ends else (first, last)  # recognised by its sound alone: no key of its own
        return [Mention(first, last, start.sentence, start.clause, alike, adjunct)]
    if heads:
        return [Mention(first, last, start.sentence, start.clause, frozenset(heads), adjunct, head=True)]
    return []


def _belongs(token: PlacedToken, told: frozenset[str]) -> bool:
    return token.key in told or f"#{token.text}" in told or token.quote > 0


class _Near:
    """Qualifying words near a mention: in its sentence, from the number before it to the one behind it."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._numbers = [i for i, t in enumerate(text.tokens) if t.kind == "n"]
        self._places: dict[str, list[int]] = {}
        qualifying = QUALIFIERS | text.lexicon.seats
        for i, t in enumerate(text.tokens):
            if t.key in qualifying:
                self._places.setdefault(t.key, []).append(i)

    def __call__(self, first: int, last: int) -> frozenset[str]:
        if not self._places:
            return frozenset()
        low, high = self._text.bounds(self._text.tokens[first].sentence)
        before = bisect_left(self._numbers, first) - 1
        behind = bisect_right(self._numbers, last)
        low = max(low, self._numbers[before] + 1) if before >= 0 else low
        high = min(high, self._numbers[behind]) if behind < len(self._numbers) else high
        return frozenset(
            key
            for key, places in self._places.items()
            if (at := bisect_left(places, low)) < len(places) and places[at] < high
        )


def _unknown(text: Text, tokens: Sequence[PlacedToken], quoted: bool, has_head: bool, quotes_said: str) -> str:
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
            if one.text.startswith(HEAD_WORDS) and two.upper and not two.latin and two.kind == "w":
                return text.raw[two.start : two.end]
    return ""


def _words(text: Text, first: int, last: int) -> str:
    return text.raw[text.tokens[first].start : text.tokens[last].end]
