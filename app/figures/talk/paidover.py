"""What says that something is paid by instalments without their word, and what amount is: «567,000 over 6 months»."""

from collections.abc import Sequence
from decimal import Decimal

from app.figures.read import MOST_READ, Read, exact, months
from app.figures.shop.catalogue import Catalogue
from app.figures.wanted import Wanted
from app.figures.words import listed, tokens

_MONTH = "1"
_LEAST = 1000
"""An amount: what is less counts."""
_NEAR = 2
"""Words behind an amount."""


def paid_over(read: Read, wanted: Wanted, focus: Sequence[str], catalogue: Catalogue) -> bool:
    """«Over 6 months, how much a month?», of what is paid once and may be paid so. Linear in the text."""
    lengths = [d for d in read.durations[:MOST_READ] if exact(d)]
    over = [d for d in lengths if any(f.amount == months(d) for f in catalogue.instalments)]
    if not over:
        return False
    a_month = any(
        listed("spans").get(token.folded) == _MONTH and not any(d.start <= token.start < d.end for d in over)
        for token in tokens(read.text)
    )
    keys = [key for m in wanted.named if m.own or m.unique for key in ((m.key,) if m.key is not None else m.tied)]
    offers = [offer for key in keys or focus if (offer := catalogue.get(key)) is not None]
    once = all(price.fact.period in ("once", None) for offer in offers for price in offer.prices)
    may = all(any(catalogue.applies(f, offer) for f in catalogue.instalments) for offer in offers)
    return a_month and bool(offers) and once and may


def his_amount(read: Read, wanted: Wanted) -> Decimal | None:
    """The one amount that a clause tells, where it names nothing: not what he can pay a month."""
    if any(mention.own for mention in wanted.named) or wanted.counts:
        return None
    return amount_told(read)


def amount_told(read: Read) -> Decimal | None:
    """The one amount of a clause, where it is not one a month."""
    said = {m.start: (m.end, m.amount) for m in read.money[:MOST_READ] if exact(m)}
    said |= {n.start: (n.end, n.value) for n in read.numbers[:MOST_READ] if exact(n) and n.start not in said}
    amounts = [(end, amount) for end, amount in said.values() if amount >= _LEAST]
    if len(amounts) != 1:
        return None
    behind = [token for token in tokens(read.text) if token.start >= amounts[0][0]][:_NEAR]
    monthly = any(listed("spans").get(token.folded) == _MONTH for token in behind if not behind[0].number)
    return None if monthly else amounts[0][1]
