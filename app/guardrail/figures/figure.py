"""A figure: what a number of a text measures, and where it stands."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A measured number of a text. Two are the same only if they are one: comparing twenty fields would cost."""

    kind: str
    """money, percent, duration, count, time, date, always, bare"""
    value: Decimal
    """Money as it is; a duration in minutes or in months (see `unit`); a time in minutes of the day."""
    start: int
    end: int
    first: int
    last: int
    """Tokens."""
    sentence: int
    clause: int
    currency: str | None = None
    unit: str | None = None
    """Money: what it is paid for (a key). Duration: `minute` or `month`. Count: the key of the noun."""
    period: str | None = None
    weak_period: bool = False
    """The period stands at the head of the sentence, not at this amount."""
    times: int = 0
    """How many units it is said for («за 3 магазина»); 0 when that is not said."""
    each: bool = False
    """«по», «за каждый»: said for one, whatever count stands beside it."""
    working: str = ""
    """`working` or `calendar` days."""
    implied: bool = False
    """No number stands there: «за час» is one hour."""
    note: str = ""
    """How an implied duration is said: each («каждый час»), deadline («за час»), vague («несколько минут»), plain."""
    low: bool = False
    """The lower end of a range."""
    text: str = ""
