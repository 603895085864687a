"""The entry: a raw message read."""

from collections.abc import Sequence

from app.reading.clauses import clauses
from app.reading.lexicon import rows
from app.reading.message import Message, SetAside
from app.reading.own.aside import parts_of, unechoed, unlinked, unpasted
from app.reading.own.layout import sorted_lines, split
from app.reading.own.markup import plain
from app.reading.own.media import heard
from app.reading.tokens import words
from app.types import Media

_LAYERS = 6  # quotes within pastes within forwards: each look takes one off
_PERSONAL = frozenset({"asked", "wished", "rejected", "greeted", "exclaimed"})


def read(text: str, media: Media = "text", earlier: Sequence[str] = ()) -> Message:
    """What the customer himself says. `earlier`: our own answers, which he may send back.

    Pure; takes time in proportion to the lengths of `text` and `earlier`; never raises, whatever the text.
    """
    kind, own, recognised = heard(plain(text), media, _personal)
    parts = list(recognised)
    for _ in range(_LAYERS):
        peeled, aside = _peeled(own, earlier)
        parts += aside
        settled = not aside and peeled == own  # lines that an empty one parted may be a letter's head without it
        own = peeled
        if settled:
            break
    return Message(own, tuple(parts), kind, clauses(own))


def _peeled(text: str, earlier: Sequence[str]) -> tuple[str, tuple[SetAside, ...]]:
    lines, _ = unpasted(sorted_lines(split(plain(text))), earlier)
    own = "\n".join(line.text for line in lines if line.own)
    own, links = unlinked(own)
    own, echoes = unechoed(own, earlier)
    return own, (*parts_of(lines), *links, *echoes)


def _personal(sentence: str) -> bool:
    """Whether a person says a sentence, and no recogniser: it asks, wishes, or speaks of the speaker."""
    said = words(sentence)
    table = rows("moods")
    if any("told" in table.at(said, at) for at in range(len(said))):
        return True
    return any(clause.mood in _PERSONAL for clause in clauses(sentence))
