"""Which products a text names, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from app.guardrail.allowed.model import AllowedByKnowledge, Product
from app.guardrail.figures.figure import Figure
from app.guardrail.subject.near import Near
from app.guardrail.subject.runs import clusters
from app.guardrail.subject.wording import in_names
from app.guardrail.text.folding import cyrillic
from app.guardrail.text.lexicon import HEAD_WORDS, HEADS, PREPOSITIONS, QUALIFIERS, stem
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_BARE = Lists("app.guardrail.subject", "wording.yaml").words("bare")


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
    text = in_names(text, knowledge)
    blocked = {i for f in amounts for i in range(f.first, f.last + 1)}
    found: list[Mention] = []
    near = Near(text)
    for span in clusters(text, blocked):
        found += _named(_Run(text, span, near), knowledge, quotes_said)
    return _met(text, found, blocked)


def _met(text: Text, found: list[Mention], blocked: set[int]) -> list[Mention]:
    """«Взрослый в будни»: what stands behind a preposition tells which of several things the one before it is."""
    for n in range(1, len(found)):
        one, two = found[n - 1], found[n]
        common = one.products & two.products
        parted = one.clause != two.clause or not blocked.isdisjoint(range(one.last, two.first))
        bare = text.tokens[two.first - 1].text in _BARE and one.clause == two.clause
        others = one.products - two.products
        if bare and two.adjunct and common and others and not (one.head or two.head):
            found[n - 1], found[n] = replace(one, products=others), replace(two, products=others)  # «и без сушки»
        elif two.adjunct and common and not parted and not (one.head or two.head):
            found[n - 1], found[n] = replace(one, products=common), replace(two, products=common)
    return found


class _Run:
    """A run of words that may be one name: tokens `first`..`last`."""

    def __init__(self, text: Text, span: tuple[int, int, bool], near: Near) -> None:
        self.text = text
        self.first, self.last, self.quoted = span
        self.tokens = text.tokens[self.first : self.last + 1]
        self.start = self.tokens[0]
        self._near = near
        self.has_head = any(t.text.startswith(HEAD_WORDS) for t in self.tokens)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(f"#{t.text}" for t in self.tokens if t.kind == "n")

    @cached_property
    def around(self) -> frozenset[str]:
        """Qualifying words near it."""
        return self._near(self.first, self.last)

    def may_name(self, knowledge: AllowedByKnowledge) -> bool:
        """Whether a name can be made of its words: a key of one, a head, or Latin letters that are written so."""
        if self.quoted or self.has_head:
            return True
        if any(t.key in knowledge.index or (t.latin and (t.upper or t.quote)) for t in self.tokens):
            return True
        numbered = any(t.kind == "n" for t in self.tokens) and any(t.latin for t in self.tokens)
        return numbered and not self.numbers.isdisjoint(knowledge.index)

    @cached_property
    def keys(self) -> frozenset[str]:
        latin = (stem(cyrillic(t.text)) for t in self.tokens if t.latin and (t.upper or t.quote))
        return self.numbers.union((t.key for t in self.tokens if t.key), latin)

    @cached_property
    def marked(self) -> frozenset[str]:
        """Keys of the words that are written as names: quoted or with a capital letter."""
        told = [t for t in self.tokens if t.quote or t.upper]
        return frozenset(k for t in told for k in (t.key, stem(cyrillic(t.text)) if t.latin else t.key))

    @cached_property
    def adjunct(self) -> bool:
        """Whether it stands behind a preposition."""
        lead = self.text.tokens[self.first - 1] if self.first else None
        if lead is not None and lead.kind == "s" and lead.text in '«"' and self.first > 1:
            lead = self.text.tokens[self.first - 2]
        return lead is not None and lead.sentence == self.start.sentence and lead.text in PREPOSITIONS

    def mention(
        self,
        products: frozenset[int],
        span: tuple[int, int] | None = None,
        *,
        adjunct: bool | None = None,
        head: bool = False,
        unknown: str = "",
    ) -> Mention:
        first, last = span or (self.first, self.last)
        behind = self.adjunct if adjunct is None else adjunct
        return Mention(first, last, self.start.sentence, self.start.clause, products, behind, head, unknown)

    def within(self, keys: frozenset[str], numbers_too: bool = False) -> tuple[int, int]:
        """From the first of its words that has one of the keys to the last; all of it where none has."""
        places = range(self.first, self.last + 1)
        tokens = self.text.tokens
        ends = [i for i in places if (_belongs(tokens[i], keys) if numbers_too else tokens[i].key in keys)]
        return (ends[0], ends[-1]) if ends else (self.first, self.last)


def _named(run: _Run, knowledge: AllowedByKnowledge, quotes_said: str) -> list[Mention]:
    """The mentions in one run of words: mostly one, two where two names stand side by side («без ОФД онлайн-касса»)."""
    if not run.may_name(knowledge):
        return []
    scores: dict[int, float] = {}
    kinds: dict[int, int] = {}
    heads: set[int] = set()
    for number in {n for k in run.keys for n in knowledge.index.get(k, ())}:
        product = knowledge.products[number]
        full = product.keys & run.keys
        core = _core(run, product, full)
        if core:
            scores[number] = _score(run, product, core, full)
        elif product.latin and full - run.text.lexicon.generic - HEADS - {"d"} and not run.quoted:
            kinds[number] = len(full)
        elif full & HEADS:
            heads.add(number)
    if scores:
        return _best(run, knowledge, scores)
    name = _unknown(run.text, run.tokens, run.quoted, run.has_head, quotes_said)
    if name:
        return [run.mention(frozenset(), unknown=name)]
    if kinds:
        return [_of_a_kind(run, knowledge, kinds)]
    return [run.mention(frozenset(heads), head=True)] if heads else []


def _core(run: _Run, product: Product, full: frozenset[str]) -> frozenset[str]:
    """The keys of a run that tell a product from others, of those (`full`) that it shares with its name."""
    core = product.core & run.keys
    if product.quoted and core and not run.has_head:
        core &= run.marked | QUALIFIERS
    if product.quoted and not core - run.text.lexicon.generic:
        core = frozenset()
    if product.latin and all(k.startswith("#") or k in QUALIFIERS for k in core):
        core = frozenset()
    plain = not product.quoted and not product.latin
    if plain and not core and len(full - HEADS) >= 2 and 3 * len(full) >= 2 * len(product.keys):
        core = full  # «подключение кассы» for «Подключение онлайн-кассы»
    return core if core - {"@extra"} or (product.keys - core) & run.around else frozenset()


def _score(run: _Run, product: Product, core: frozenset[str], full: frozenset[str]) -> float:
    """How well the words of a run and those around it name a product."""
    qualifiers = product.core & QUALIFIERS
    numbers = frozenset(k for k in product.keys if k.startswith("#"))
    wrong = bool(run.numbers) and bool(numbers - run.keys)
    missing = bool(qualifiers - run.around)
    apart = bool(product.core & run.keys)
    return 2 * len(core) + len(full) + 2 * len(qualifiers & run.around) - 3 * missing - 2 * wrong - (not apart)


def _best(run: _Run, knowledge: AllowedByKnowledge, scores: dict[int, float]) -> list[Mention]:
    """The products that are named best, and one more that the other words of the run name."""
    products = knowledge.products
    best = max(scores.values())
    chosen = _plainest(products, frozenset(n for n, score in scores.items() if score >= best - 0.01))
    digits = {k for n in chosen for k in products[n].keys if k.startswith("#")}
    if run.numbers and digits and not run.numbers & digits:
        return [run.mention(frozenset(), unknown=_words(run.text, run.first, run.last))]
    adjunct = run.adjunct
    if adjunct and run.first > 1:  # «доступ к API»: the name itself has the preposition
        head = run.text.tokens[run.first - 2].key
        adjunct = not (head and all(head in products[n].keys for n in chosen))
    told = frozenset().union(*(products[n].keys for n in chosen))
    span = run.within(told, numbers_too=True)
    for n in scores:
        other = (products[n].core & run.keys) - told
        if n not in chosen and other and not products[n].core & told:
            return _both(run, (chosen, span, told), (frozenset({n}), other), adjunct)
    return [run.mention(chosen, span, adjunct=adjunct)]


def _plainest(products: Sequence[Product], named: frozenset[int]) -> frozenset[int]:
    """Without those that are another of them with a word more: «комната» is no «комната ночью»."""
    if len(named) < 2:
        return named
    return frozenset(n for n in named if not any(products[m].core < products[n].core for m in named))


def _both(
    run: _Run,
    main: tuple[frozenset[int], tuple[int, int], frozenset[str]],
    beside: tuple[frozenset[int], frozenset[str]],
    adjunct: bool,
) -> list[Mention]:
    """Both names in their order: of the main one products, place and keys, of the other products and keys."""
    chosen, (first, last), told = main
    own, other = beside
    tokens = run.text.tokens
    place = next((i for i in range(run.first, run.last + 1) if tokens[i].key in other), first)
    mine = next((i for i in range(first, last + 1) if tokens[i].key in told), first)
    if place < mine:
        return [
            run.mention(own, (place, place), adjunct=adjunct),
            run.mention(chosen, (mine, last), adjunct=False),
        ]
    return [
        run.mention(chosen, (first, last), adjunct=adjunct),
        run.mention(own, (place, place), adjunct=False),
    ]


def _of_a_kind(run: _Run, knowledge: AllowedByKnowledge, kinds: dict[int, int]) -> Mention:
    """«сканер»: any of them."""
    most = max(kinds.values())
    alike = frozenset(n for n, size in kinds.items() if size == most)
    keys = frozenset().union(*(knowledge.products[n].keys for n in alike))
    return run.mention(alike, run.within(keys))  # all of it where it is known by its sound alone: no key of its own


def _belongs(token: PlacedToken, told: frozenset[str]) -> bool:
    return token.key in told or f"#{token.text}" in told or token.quote > 0


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
