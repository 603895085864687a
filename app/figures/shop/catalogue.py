"""What a shop sells: every product once, over all sections and languages, with its prices, terms and limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from app.figures.shop.bounds import bounds_of
from app.figures.shop.contents import Contents, contents_of
from app.figures.shop.facts import Figure, Units, figures
from app.figures.shop.lasting import Lasting, lasting_of
from app.figures.shop.main import Main, main_of
from app.figures.shop.naming import Named, Names
from app.figures.shop.sizes import Size, sizes_of, unsized
from app.figures.words import folded, same
from app.types import Period, Section

_PRICES = frozenset({"price", "price_from", "extra"})
_MANY = Decimal(1_000)
_MOST_SECTIONS = 5_000  # of one catalogue: a price list, not a web shop's database


@dataclass(frozen=True, slots=True)
class Offer:
    """A product or service with all that is known of it. `key` is its name's words, folded."""

    key: str
    name: str
    categories: tuple[str, ...]
    prices: tuple[Figure, ...]
    """Of kinds price, price_from and extra: one for each unit and period."""
    limits: tuple[Figure, ...] = ()
    free_from: tuple[Figure, ...] = ()
    """Amounts of an order from which it costs nothing."""
    terms: tuple[Figure, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        """Ids of the sections that state anything of it, in their order."""
        return tuple(
            dict.fromkeys(s for f in (*self.prices, *self.limits, *self.free_from, *self.terms) for s in f.sections)
        )

    @property
    def extra(self) -> bool:
        """Whether it is what is paid above another product's limit."""
        return bool(self.prices) and all(price.kind == "extra" for price in self.prices)

    def priced(self, period: Period | None) -> Figure | None:
        """Its one price for a period; None where there is none, or two."""
        found = [price for price in self.prices if price.fact.period == period]
        return found[0] if len(found) == 1 else None

    def limit(self, unit: str) -> Figure | None:
        """How many of a unit it includes."""
        return next((limit for limit in self.limits if limit.unit == unit), None)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All offers, and what holds for several of them. Immutable, equal to itself alone, shared by a bot's turns."""

    offers: tuple[Offer, ...]
    reductions: tuple[Figure, ...]
    """Kinds discount and unit_discount."""
    instalments: tuple[Figure, ...]
    terms: tuple[Figure, ...]
    """Figures of no product that is sold: a trial, a warranty, how long a delivery takes."""
    units: Units
    main: Main | None
    """What a bare «how much» is about."""
    contents: Mapping[str, Contents] = field(repr=False)
    """Key of a kit -> what is in it."""
    bounds: Mapping[str, tuple[Figure, ...]] = field(repr=False)
    """Key of a product -> up to how many of a unit its price holds, as a sentence of its section says."""
    sizes: Mapping[str, Size] = field(repr=False)
    """Key of a product -> the size that its name says, of what is sold by size."""
    lasting: Lasting = field(repr=False)
    """What is sold for so many months, by its name."""
    _by_key: Mapping[str, Offer] = field(repr=False)
    _names: Names = field(repr=False)
    _term_names: Names = field(repr=False)

    @classmethod
    def of(
        cls, sections: Sequence[Section], today: date | None = None, synonyms: Mapping[str, Sequence[str]] | None = None
    ) -> "Catalogue":
        """The catalogue of the sections that may be said `today`; None: of all.

        `synonyms`: the bot's other words for its units, such as unit -> words. Linear in the length of the sections.
        """
        may = [s for s in sections[:_MOST_SECTIONS] if today is None or s.valid_until is None or s.valid_until >= today]
        facts = [fact for section in may for fact in section.facts]
        own = [
            unit for f in facts for unit in (f.unit, f.quantity_unit) if unit and unit != "%" and not _currency(unit)
        ]
        units = Units(own, synonyms or {})
        found = figures(may, units)
        categories = {section.id: section.category for section in may}
        offers = _offers(found, categories)
        products = {offer.key for offer in offers}
        terms = tuple(f for f in found if f.kind == "term" and key_of(f.fact.product or f.fact.name) not in products)
        names = Names({o.key: (unsized(o.name, units), o.sections) for o in offers}, may, units)
        return cls(
            offers=offers,
            reductions=tuple(f for f in found if f.kind in ("discount", "unit_discount")),
            instalments=tuple(f for f in found if f.kind == "instalment"),
            terms=terms,
            units=units,
            main=main_of(may),
            _by_key=MappingProxyType({offer.key: offer for offer in offers}),
            _names=names,
            contents=contents_of(offers, may, names.find),
            bounds=bounds_of(offers, may, units),
            sizes=sizes_of(offers, units),
            lasting=lasting_of(offers, may),
            _term_names=Names({str(n): (t.fact.name, ()) for n, t in enumerate(terms)}, (), units),
        )

    def head(self, key: str) -> str:
        """The first noun of a product's name, folded: what kind of thing it is."""
        return self._names.head(key)

    def get(self, key: str) -> Offer | None:
        return self._by_key.get(key)

    def named_so(self, name: str) -> Offer | None:
        """The offer of that very name."""
        return self._by_key.get(key_of(name))

    def named(self, text: str) -> tuple[Named, ...]:
        """The products that a text names, in its order, each with all that it may mean. Linear in the text."""
        found = list(self._names.find(text))
        before: Named | None = None
        for place, named in enumerate(found):
            if before is not None and before.key is not None:
                if named.key is None and named.own:
                    found[place] = self._alike(named, before.key)
                elif self._conflict(text, before, named):  # «rent of a Duo»: only another is let
                    found[place - 1 : place + 1] = (replace(n, key=None, candidates=()) for n in (before, named))
            before = found[place]
        return tuple(found)

    def _conflict(self, text: str, before: Named, named: Named) -> bool:
        """Whether two names side by side are one of nothing: the first has said the noun that the second lacks."""
        if named.key is None or before.key == named.key or text[before.end : named.start].strip():
            return False
        noun = self._names.head(named.key)
        first, second = folded(text[before.start : before.end]), folded(text[named.start : named.end])
        return any(same(noun, word) for word in first) and not any(same(noun, word) for word in second)

    def _alike(self, named: Named, before: str) -> Named:
        """«A of x and y»: of what y may be, the one that is the same thing as the product named before it."""
        head = self._names.head(before)
        alike = [key for key, _ in named.candidates if key != before and self._names.head(key) == head]
        return replace(named, key=alike[0]) if len(alike) == 1 else named

    def terms_named(self, text: str) -> tuple[Figure, ...]:
        """The terms that a text names beyond doubt: with the first word of their names."""
        said = folded(text)
        found = (self.terms[int(named.key)] for named in self._term_names.find(text) if named.key is not None)
        return tuple(f for f in found if any(same(folded(f.fact.name)[0], word) for word in said))

    def applies(self, figure: Figure, offer: Offer) -> bool:
        """Whether what the figure grants holds for the offer: by a category, or by words that its name begins with."""
        if not figure.fact.applies_to:
            return key_of(figure.fact.product or figure.fact.name) == offer.key
        own = folded(offer.name)
        return any(name in offer.categories or _begins(own, folded(name)) for name in figure.fact.applies_to)

    def more_of(self, unit: str) -> tuple[str, ...]:
        """The name of what one more of a unit costs, where only one thing is that."""
        names = tuple(o.name for o in self.offers if o.extra and any(price.unit == unit for price in o.prices))
        return names if len(names) == 1 else ()

    def most_of(self, unit: str) -> Decimal:
        """The most that a number may be to count a unit, where it can be an amount too: of what anything is bounded by
        in hundreds there may be thousands."""
        bounds = (f for offer in self.offers for f in (*offer.limits, *self.bounds.get(offer.key, ())))
        many = any(f.unit == unit and f.amount >= _MANY for f in bounds)
        return _MANY * _MANY if many else _MANY

    def priced_by(self, unit: str) -> tuple[Offer, ...]:
        """Offers whose price is for one of that unit."""
        return tuple(offer for offer in self.offers if any(price.unit == unit for price in offer.prices))


@lru_cache(maxsize=4096)
def key_of(name: str) -> str:
    return " ".join(folded(name))


def _begins(own: tuple[str, ...], name: tuple[str, ...]) -> bool:
    return bool(name) and len(name) <= len(own) and all(same(a, b) for a, b in zip(own, name, strict=False))


def _currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isascii() and unit.isupper()


def _offers(found: Iterable[Figure], categories: Mapping[str, str]) -> tuple[Offer, ...]:
    groups: dict[str, list[Figure]] = {}
    for figure in found:
        if figure.kind not in ("discount", "unit_discount", "instalment"):
            groups.setdefault(key_of(figure.fact.product or figure.fact.name), []).append(figure)
    offers = []
    for key, members in groups.items():
        prices = [f for f in members if f.kind in _PRICES]
        if not prices or not key:
            continue
        named = next((f.fact.name for f in prices if not f.fact.product), prices[0].fact.product or prices[0].fact.name)
        offers.append(
            Offer(
                key=key,
                name=named,
                categories=tuple(dict.fromkeys(categories[s] for f in members for s in f.sections)),
                prices=tuple(prices),
                limits=tuple(f for f in members if f.kind == "limit"),
                free_from=tuple(f for f in members if f.kind == "free_from"),
                terms=tuple(f for f in members if f.kind == "term"),
            )
        )
    return tuple(offers)
