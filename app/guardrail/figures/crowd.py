"""Where a text has more figures than are looked at, told from as many of them as that takes."""

from itertools import islice

from app.guardrail.figures.implied import implied
from app.guardrail.figures.numerals import numerals
from app.guardrail.figures.read import parts
from app.guardrail.text.words import Text


def beyond(text: Text, most: int, models: frozenset[tuple[str, str]]) -> int | None:
    """The start of the figure behind the first `most`; None where there is none, or where only all of them tell: a
    length of time without a number may turn out to be what an amount is paid for, and no figure of its own."""
    if numerals(text) <= most:
        return None
    shaped, measured = parts(text, models)
    found = list(islice(measured, most + 1))
    made = implied(text, [*found, *shaped])
    # Where not all numbers were read, what was made of their words lies behind them and is not asked for.
    start = next(islice(sorted(f.start for f in (*found, *shaped, *made)), most, None), None)
    return None if start is None or any(f.implied and f.start <= start for f in made) else start
