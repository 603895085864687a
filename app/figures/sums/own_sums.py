"""A customer's own sum: what it is of, or what is right instead, or that it is none of the shop's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import cache
from itertools import combinations, islice

from app.figures.read import MOST_READ, Read, exact
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.counting import Item, Sum, count
from app.figures.sums.fitting import bounded
from app.figures.sums.offered import said_as_sums
from app.figures.wanted import Wanted
from app.figures.words import LANGUAGES, data, fold
from app.types import Period

_MOST_NUMBERS = 12  # of one expression
_MOST_OFFERS = 60  # whose prices a claimed amount can be a multiple of, the first ones
_YEAR = Decimal(12)
_SPANS = (_YEAR, Decimal(6), Decimal(3))  # months that are tried unsaid
_SMALL = Decimal(1000)
_LEAST = 100  # «2+1» is no sum of prices
_MOST_FACTORS = 3
_WIDEST_GAP = 30  # characters between two numbers of one expression
_MOST_WORDS = 3  # and words, the sign among them
_BREAKS = frozenset(".!?;,")
_MOST_AMOUNT = Decimal(10**9)  # a longer number without a currency is a telephone's or a company's
_YEARS = (Decimal(1900), Decimal(2100))
_MOST_TIMES = 20  # of a price, where nothing was told
_Way = tuple[Decimal | None, Decimal | None, Period | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """An amount that the customer says comes out. `operands` and `operators` where he wrote how."""

    amount: Decimal
    operands: tuple[Decimal, ...] = ()
    operators: tuple[str, ...] = ()
    right: bool = True
    """Whether his own reckoning holds; `amount` is what he says comes out, or what it makes where he asks that."""
    weak: bool = False
    """With a question mark alone: a sum only if it turns out to be one, or stands beside a product's name."""
    loose: bool = False
    """It may count something else: a sum only if it turns out to be one."""

    @property
    def makes(self) -> Decimal | None:
        return _evaluated(self.operands, self.operators) if self.operands else None


@cache
def operators() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for sign, words in data(language)["operators"].items():
            found[sign] = sign
            for word in str(words).split():
                found[word] = sign
                found.setdefault(fold(word), sign)
    found.pop("", None)
    return found


def claims(read: Read, wanted: Wanted) -> tuple[Claim, ...]:
    """The amounts that the clause offers as sums, each once: expressions first, then amounts to be confirmed."""
    names = [(named.start, named.end) for named in wanted.named if named.own]
    spans = [s for s in _numbers(read) if not any(start <= s[0] < end for start, end in names)][:_MOST_NUMBERS]
    found: list[Claim] = []
    used: set[int] = set()
    place = 0
    while place < len(spans):
        chain, operators, end = [spans[place][2]], list[str](), place
        while end + 1 < len(spans) and (sign := sign_between(read.text, spans[end][1], spans[end + 1][0])):
            operators.append(sign)
            chain.append(spans[end + 1][2])
            end += 1
        # «14900*3 comes to 45000»: said in words it is an equals sign too.
        behind = spans[end + 1 : end + 2] if operators and "=" not in operators else []
        if behind and _comes_out(read.text, spans[end][1], behind[0][0]):
            operators.append("=")
            chain.append(behind[0][2])
            end += 1
        if operators and max(chain) >= _LEAST:
            used.update(range(place, end + 1))
            found += _claimed(chain, operators)
        place = end + 1
    counted = {*wanted.quantities.values(), *wanted.counts.values()}
    offered = said_as_sums(read, [start for n, (start, _, _) in enumerate(spans) if n not in used], names)
    for n, (start, _, amount) in enumerate(spans):
        if n in used or (sure := offered.get(start)) is None:
            continue
        money = any(m.start <= start < m.end for m in read.money)
        plain = _SMALL <= amount < _MOST_AMOUNT and amount not in counted and not _YEARS[0] < amount < _YEARS[1]
        if money or plain:
            found.append(Claim(amount, weak=not sure, loose=not (money or amount in wanted.bare)))
    return tuple(dict.fromkeys(found))


def _claimed(chain: Sequence[Decimal], operators: Sequence[str]) -> Iterator[Claim]:
    if "+" in operators and min(chain) < _LEAST:
        return  # «298 000 + 2 scanners»: what is added is no amount
    if "=" in operators:
        place = operators.index("=")
        if not place:  # «two at 7900 = 15800»: what is multiplied stands elsewhere
            yield Claim(chain[1])
            return
        left, result = tuple(chain[: place + 1]), chain[place + 1]
        signs = tuple(operators[:place])
        made = _evaluated(left, signs)
        yield Claim(result, left, signs, made == result)
        return
    made = _evaluated(tuple(chain), tuple(operators))
    if made is not None and made > 0:
        yield Claim(made, tuple(chain), tuple(operators), weak="-" in operators)  # a dash is rarely a minus


def _numbers(read: Read) -> list[tuple[int, int, Decimal]]:
    """Numbers and amounts in order, each place once: money before the number in it. Of «× 12 months» the 12."""
    money = [m for m in read.money[:MOST_READ] if exact(m)]
    lengths = read.durations[:MOST_READ]
    found = [(m.start, m.end, m.amount) for m in money]
    for number in read.numbers[:MOST_READ]:
        plus = read.text[number.end - 1 : number.end] == "+"  # «249 000+24 000»: no "and more"
        if not plus and not exact(number):
            continue
        length = next((d for d in lengths if d.start <= number.start < d.end), None)
        if any(m.start <= number.start < m.end for m in money):
            continue
        if length is None:
            found.append((number.start, number.end - plus, number.value))
        elif read.text[: number.start].rstrip()[-1:].lower() in operators():
            found.append((number.start, length.end, number.value))
    return sorted(found)


def sign_between(text: str, end: int, start: int) -> str:
    """The sign between two numbers, with at most two words of what the first counts; "" where there is none."""
    gap = text[end:start].strip().lower()
    if not gap or len(gap) > _WIDEST_GAP or not _BREAKS.isdisjoint(gap):
        return ""
    words = gap.split()
    signs = [sign for word in words if (sign := operators().get(word) or operators().get(fold(word)))]
    if len(signs) != 1 or len(words) > _MOST_WORDS or (signs[0] == "-" and len(words) > 1):
        return ""
    return signs[0]


@cache
def _results() -> frozenset[str]:
    return frozenset(fold(word) for language in LANGUAGES for word in str(data(language)["results"]).split())


def _comes_out(text: str, end: int, start: int) -> bool:
    """Whether what stands between an expression and a number says that the one comes to the other."""
    gap = text[end:start].strip().lower().strip("-\u2013\u2014: ")
    if len(gap) > _WIDEST_GAP or not _BREAKS.isdisjoint(gap):
        return False
    words = gap.split()
    return not words or (len(words) <= _MOST_WORDS and any(fold(word) in _results() for word in words))


def _evaluated(numbers: Sequence[Decimal], operators: Sequence[str]) -> Decimal | None:
    """Products before sums, from left to right."""
    if not numbers or len(operators) != len(numbers) - 1:
        return None
    total, product = Decimal(0), numbers[0]
    try:
        for sign, number in zip(operators, numbers[1:], strict=True):
            if sign == "×":
                product *= number
            else:
                total += product
                product = number if sign == "+" else -number
        return total + product
    except (InvalidOperation, DivisionByZero, ArithmeticError):
        return None


def found_as(
    claim: Claim, catalogue: Catalogue, wanted: Wanted, told: Mapping[str, Decimal], focus: Sequence[str]
) -> Sum | None:
    """The shop's sum that the claimed amount is: of what is named, else of what was spoken of, else of the only product
    that it can be of; None where there is none, or more than one."""
    quantities = {**told, **wanted.quantities}
    near = next((made for made in _near(claim, catalogue, wanted, quantities, focus) if _is(made, claim)), None)
    named = any(n.own for n in wanted.named)
    if near is not None or named or (focus and not claim.operands):
        return near
    ways = _ways(claim, wanted, quantities)
    others = islice((o for o in catalogue.offers if _may(o, claim, quantities)), _MOST_OFFERS)
    sums: list[Sum] = []
    for offer in others:
        tried = (_one(catalogue, offer, quantities, way) for way in _fitted(ways, offer))
        if (right := next((made for made in tried if _is(made, claim)), None)) is not None:
            sums.append(right)
        if len(sums) > 1:
            break
    return sums[0] if len(sums) == 1 else None


def _is(made: Sum, claim: Claim) -> bool:
    own = not claim.operands or all(part.price.amount in claim.operands for part in made.parts)
    return own and made.known and made.every(claim.amount)


def _near(
    claim: Claim, catalogue: Catalogue, wanted: Wanted, quantities: Mapping[str, Decimal], focus: Sequence[str]
) -> Iterator[Sum]:
    """Sums of what is named or may be; else of what was spoken of, and of the products of which one is taken."""
    named = [o for key in wanted.keys if (o := catalogue.get(key))]
    ways = _ways(claim, wanted, quantities)
    if len(named) > 1:
        for times, months, prefer in ways:
            if times is None:
                yield count(catalogue, _items(named, wanted), quantities, months, prefer=prefer)
    unclear = [o for n in wanted.named if n.own and n.key is None for key in n.tied if (o := catalogue.get(key))]
    spoken = [o for key in focus if (o := catalogue.get(key))]
    plans = [o for o in catalogue.offers if bounded(o)]
    for offer in named or unclear or [*spoken, *plans]:
        for way in _fitted(ways, offer):
            yield _one(catalogue, offer, quantities, way)
    if not named and not unclear and not claim.operands:
        yield from _multiples(claim, catalogue, (*spoken, *plans), quantities)
    if not named and "+" in claim.operators:
        yield from _added(claim, catalogue, focus)


def _multiples(
    claim: Claim, catalogue: Catalogue, offers: Sequence[Offer], told: Mapping[str, Decimal]
) -> Iterator[Sum]:
    """Whole multiples of prices whose unit nobody has told."""
    for offer in offers:
        for price in offer.prices:
            times = claim.amount / price.amount if price.amount > 0 else Decimal(0)
            if price.unit not in told and 1 < times <= _MOST_TIMES and times == times.to_integral_value():
                yield _one(catalogue, offer, told, (times, None, price.fact.period))


def _items(offers: Sequence[Offer], wanted: Wanted) -> list[Item]:
    return [Item(offer, wanted.counted.get(offer.key)) for offer in offers]


def _ways(claim: Claim, wanted: Wanted, told: Mapping[str, Decimal]) -> tuple[_Way, ...]:
    """(count, months, period of the price) to try: the factors of his own expression, else what was told, else one."""
    spans = (None, *_SPANS) if wanted.months is None else (wanted.months,)
    periods: tuple[Period | None, ...] = (None, "month") if wanted.months is not None else (None, "year", "once")
    if "×" in claim.operators:
        small = [n for n in claim.operands if 0 < n < _SMALL and n == n.to_integral_value()][:_MOST_FACTORS]
        yearly: tuple[Period | None, ...] = (None, "year")
        monthly: tuple[Period | None, ...] = ("month", None)
        ways: list[_Way] = [(n, wanted.months, prefer) for n in small for prefer in yearly]
        ways += [(None, n, prefer) for n in small for prefer in monthly]
        ways += [(n, m, "month") for n in small for m in small if n != m]
        return tuple(dict.fromkeys(ways))
    counted = list(wanted.counts.values())[:_MOST_FACTORS]  # who says how many does not mean one
    ones: list[Decimal | None] = [*counted] if counted else [None, *([Decimal(1)] if told else [])]
    found: list[_Way] = [(n, months, None) for n in ones for months in spans]
    found += [(n, wanted.months, prefer) for n in ones for prefer in periods]
    return tuple(dict.fromkeys(found))


def _may(offer: Offer, claim: Claim, told: Mapping[str, Decimal]) -> bool:
    """Whether the amount can be of one of its prices: most are ruled out without a sum."""
    prices = [p.amount for p in offer.prices if p.amount > 0]
    if claim.operands:
        return any(p in claim.operands for p in prices)
    return any(claim.amount in (p, p * _YEAR, *(p * n for n in told.values())) for p in prices)


def _fitted(ways: Sequence[_Way], offer: Offer) -> Sequence[_Way]:
    """Of what is paid by time and for nothing else, a factor counts months before it counts pieces."""
    lasting = all(p.unit is None and p.fact.period not in ("once", None) for p in offer.prices)
    return sorted(ways, key=lambda way: way[0] is not None) if lasting else ways


def _one(catalogue: Catalogue, offer: Offer, told: Mapping[str, Decimal], way: _Way) -> Sum:
    times, months, prefer = way
    if times is not None:
        units = {p.unit for p in offer.prices if p.unit is not None}
        told = {**told, **dict.fromkeys(units, times)}
    return count(catalogue, (Item(offer, times),), told, months, prefer=prefer)


def _added(claim: Claim, catalogue: Catalogue, focus: Sequence[str]) -> Iterator[Sum]:
    """Sums of products whose prices are the operands; of several of one price the one that was spoken of."""
    matching: list[Offer] = []
    months: Decimal | None = None
    for operand in claim.operands[:4]:
        priced = [o for o in catalogue.offers if any(p.amount == operand for p in o.prices) and o not in matching]
        spoken = [offer for offer in priced if offer.key in focus]
        if not priced or (len(priced) > 1 and not spoken):
            return
        matching.append((spoken or priced)[-1])
        yearly = any(p.amount == operand and p.fact.period == "year" for p in matching[-1].prices)
        months = _YEAR if yearly else months
    for size in range(len(matching), 1, -1):
        for chosen in combinations(matching, size):
            yield count(catalogue, [Item(o, Decimal(1)) for o in chosen], {}, months)
