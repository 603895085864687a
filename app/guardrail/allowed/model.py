"""What the sections in use allow to be said: products with prices, terms, percentages, counts, what is free."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Price:
    amount: Decimal
    currency: str | None
    unit: str | None
    period: str | None
    least: bool = False
    """Not a price but the sum from which something holds («при заказе от 150 000 ₸»)."""
    begins: bool = False
    """What it costs at least: the section says «от» wherever it says the amount."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something with a price, and how it is recognised."""

    name: str
    keys: frozenset[str]
    """All words of its name."""
    core: frozenset[str]
    """Those that tell it from others."""
    quoted: bool
    """Its name is quoted: a word such as «Рост» is it only in quotes, capitals, or behind «тариф»."""
    latin: bool
    weak: frozenset[str]
    """Words that stand beside its price in the texts."""
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A percentage, duration, count, time or date of the sections, with what it is about."""

    kind: str
    value: Decimal
    unit: str | None
    keys: frozenset[str]
    """Words of its name and its clause."""
    name: frozenset[str]
    """Words of its fact's name; empty for a figure of a text."""
    context: frozenset[str]
    """Words of its sentence and of the section's title."""
    working: str
    threshold: tuple[int, str] | None = None
    """«от 5 магазинов»: the least count and its noun."""
    text: str = ""
    note: str = ""
    page: str = ""
    """Its section's text, folded."""
    low: bool = False
    """The lower end of a range («2–5 дней»): said alone it would be another promise."""


@dataclass(frozen=True, slots=True)
class Free:
    """A statement that something is free or included."""

    keys: frozenset[str]
    wide: frozenset[str]
    """All words of the section."""
    least: tuple[Decimal, ...]
    """Amounts that it depends on («при заказе от 150 000 ₸»)."""
    lasting: frozenset[tuple[Decimal, str | None]]
    """Lengths and times of day that it names («14 дней», «с 8:00»)."""
    included: bool
    quoted: frozenset[str] = frozenset()
    """Words that stand in quotation marks."""
    paid: frozenset[str] = frozenset()
    """Words of its sentence that say what has to be paid all the same."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be said, by one section or by all in use."""

    products: tuple[Product, ...]
    known: tuple[Known, ...]
    free: tuple[Free, ...]
    models: frozenset[tuple[str, str]]
    numbers: frozenset[Decimal]
    """Numbers of the text that are neither money nor time."""
    quotes: frozenset[str]
    brands: frozenset[str]
    keys: frozenset[str]
    discounted: bool
    """Whether it speaks of discounts."""
    limits: frozenset[tuple[str, str, int]]
    """(quoted name or empty, noun, number): how many of what."""


@dataclass(frozen=True, slots=True)
class Page(Allowed):
    """One section as read."""

    folded: str


@dataclass(frozen=True, slots=True)
class AllowedByKnowledge(Allowed):
    """All sections in use together."""

    folded: tuple[str, ...]
    """The text of each section."""
    index: dict[str, tuple[int, ...]]
    """Key -> products."""
    roots: dict[str, tuple[str, ...]]
    """How a root begins -> the words of plain names that tell them apart and begin so."""
