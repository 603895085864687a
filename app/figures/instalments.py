"""What is decided of instalments: how much a month, or by how much an order is too small."""

from dataclasses import dataclass
from decimal import Decimal

from app.figures.saying import template
from app.figures.shop.facts import Figure, money, plain
from app.figures.sums.counting import Sum
from app.figures.sums.reductions import Instalment
from app.types import Language


@dataclass(frozen=True, slots=True)
class InParts:
    """An amount paid by instalments."""

    instalment: Instalment

    @property
    def sections(self) -> tuple[str, ...]:
        return self.instalment.figure.sections

    def say(self, language: Language) -> str:
        shown = money(self.instalment.monthly, self.instalment.currency, language)
        amount = shown if self.instalment.exact else f"≈ {shown}"
        return str(template(language, "instalment")).format(n=plain(self.instalment.months, language), amount=amount)


@dataclass(frozen=True, slots=True)
class TooLittle:
    """An amount that is too small for instalments: by how much."""

    figure: Figure
    amount: Decimal
    least: Decimal
    currency: str

    @property
    def sections(self) -> tuple[str, ...]:
        return self.figure.sections

    def say(self, language: Language) -> str:
        return self._said(language, "too_little")

    def brief(self, language: Language) -> str:
        """Beside a sentence that says what it is for."""
        return self._said(language, "below_least")

    def _said(self, language: Language, name: str) -> str:
        amounts = {"amount": self.amount, "least": self.least, "missing": self.least - self.amount}
        shown = {each: money(amount, self.currency, language) for each, amount in amounts.items()}
        return str(template(language, name)).format(**shown)


@dataclass(frozen=True, slots=True)
class Beside:
    """Instalments with what is paid every month beside them: while they last, and afterwards."""

    instalment: Instalment
    monthly: Sum

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.instalment.figure.sections, *self.monthly.sections)))

    def say(self, language: Language) -> str:
        total = self.monthly.totals[0]
        part = self.instalment.monthly
        n = plain(self.instalment.months, language)
        names = ", ".join(part.offer.name for part in self.monthly.parts)
        left = f"{plain(part, language)} + {plain(total.amount, language)}"
        whole_ = money(part + total.amount, total.currency, language)
        after = money(total.amount, total.currency, language)
        said = InParts(self.instalment).say(language)
        sum_ = template(language, "equals").format(left=left, right=whole_)
        return said + " " + str(template(language, "beside")).format(names=names, sum=sum_, n=n, after=after)
