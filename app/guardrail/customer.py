"""What a customer wrote, as the checks of an answer to it hear it; each message is read once."""

import re
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.read import figures
from app.guardrail.text.folding import fold
from app.guardrail.text.lexicon import Lexicon
from app.guardrail.text.phrases import phrases
from app.guardrail.text.words import Text, read

NUMBERS = 60
"""Numbers of one text that are heard: what each is of takes as long to find as all of the words around it."""


@lru_cache(maxsize=512)
def heard(message: str, lexicon: Lexicon) -> tuple[Text, tuple[Figure, ...], frozenset[Decimal]]:
    """A customer's message as read, with its numbers (as written and as measured)."""
    text = read(message, lexicon=lexicon)
    found = figures(text, most=NUMBERS)
    written = {
        Decimal(t.text.replace(" ", "").replace("'", "").replace(",", "."))
        for t in text.tokens
        if t.kind == "n" and t.text.replace(" ", "").replace("'", "").replace(",", ".").count(".") < 2
    }
    return text, found, frozenset({f.value for f in found} | written)


@lru_cache(maxsize=512)
def spent(message: str, lexicon: Lexicon) -> frozenset[Decimal]:
    """Figures of a customer's message that are what they have or pay now: a budget, a turnover, another's price."""
    text, found, _ = heard(message, lexicon)
    if not found:
        return frozenset()
    turns = phrases().find(text)
    own = turns["holds"].clauses | turns["spends"].clauses
    return frozenset(f.value for f in found if f.clause in own)


HEARD = 2000
"""Characters of one text of the customer that are heard."""
TOLD = 4000
"""Characters of all of them together, newest first: what is left out cannot vouch for a draft."""
_NUMBER = re.compile(r"\d+")
_IN_NUMBER = " .,'"
"""What may stand between the digits of a number, folded."""


def beginning(text: str) -> str:
    """What is heard of a long text: never the half of a number."""
    beyond = next(islice(_NUMBER.finditer(text, 0, HEARD), NUMBERS, None), None)
    end = beyond.start() if beyond else HEARD
    if len(text) <= end:
        return text
    kept = fold(text[:end])
    while end and (kept[end - 1].isdecimal() or kept[end - 1] in _IN_NUMBER):
        end -= 1
    return text[:end]


def told(messages: tuple[str, ...]) -> tuple[str, ...]:
    """What is heard of all messages, newest last: their beginnings, and of old ones only so many."""
    kept: list[str] = []
    left, numbers = TOLD, 2 * NUMBERS
    for message in reversed(messages):
        kept.append(beginning(message))
        left -= len(kept[-1])
        numbers -= sum(1 for _ in _NUMBER.finditer(kept[-1]))
        if left < 0 or numbers < 0:
            kept.pop()
            break
    return tuple(reversed(kept))
