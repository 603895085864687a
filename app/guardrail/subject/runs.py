"""Runs of a text's words that may be one name."""

from app.guardrail.text.lexicon import HEADS, PREPOSITIONS
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_CONJUNCTIONS = Lists("app.guardrail.subject", "runs.yaml").words("conjunctions")


def clusters(text: Text, blocked: set[int]) -> list[tuple[int, int, bool]]:
    """Runs of words that may be one name: (first token, last token, whether a quotation is in it)."""
    result: list[tuple[int, int, bool]] = []
    first = -1
    quote = 0
    last = -1

    def close() -> None:
        nonlocal first, quote
        if first >= 0:
            end = last
            while (
                end > first and not text.tokens[end].key and text.tokens[end].kind == "w" and not text.tokens[end].quote
            ):
                end -= 1
            result.append((first, end, quote > 0))
        first, quote = -1, 0

    previous: PlacedToken | None = None
    for i, t in enumerate(text.tokens):
        if t.kind == "s":
            if t.text not in '«»"-/':
                close()
            continue
        if i in blocked or (previous is not None and (t.clause != previous.clause or t.sentence != previous.sentence)):
            close()
        previous = t
        if i in blocked:
            continue
        if not t.quote and (t.text in PREPOSITIONS or t.text in _CONJUNCTIONS):
            close()
            continue
        if quote and t.quote and t.quote != quote:
            close()
        if quote and not t.quote and t.key and t.key not in HEADS and not t.latin:
            close()
        if first < 0:
            first = i
        quote = quote or t.quote
        last = i
    close()
    return result
