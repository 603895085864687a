"""What a turn rests on where no model decides: what the facts say of what was asked, why there is no model."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Lack = Literal["gone", "loading", "late", "hung", "crowded", "unusable", "resting"]
"""Why a turn has to do without the model."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """What decides a clause that was asked: a fact, a sum, a yes or no. `said` in the language of the answer.

    A `statement` was not asked: it is a text of the dialogue that the customer has to hear. Nor was what is
    `ordered`: the order, said again where it is placed.
    """

    kind: Literal[
        "price", "sum", "advised", "confirmed", "corrected", "not_ours", "yes_no", "term", "instalment", "not_known",
        "unnamed", "statement", "ordered",
    ]  # fmt: skip
    said: str
    sections: tuple[str, ...] = ()
    """Ids of those that it rests on."""
    value: bool | None = None
    """Of a yes or no: which."""
    amounts: tuple[Decimal, ...] = ()
    """Of a sum: what comes out, in money; one of them decides."""
