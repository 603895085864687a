"""What was passed on to a person: told to who asks for it, in his own words, as the person has them."""

from collections.abc import Iterator

from app.dialogue.hearing.text import contacts, read
from app.dialogue.rules.scene import Decision, Scene
from app.understanding.acts import Classifier
from app.understanding.doubt import HARD, SURE

_CALLED = HARD - {"abuse", "injection", "human_wanted", "opt_out"} | {"purchase", "booking", "invoice", "callback_time"}
"""What a person is there for."""
_MOST = 3
"""Messages that are repeated, the newest ones."""
_QUOTED = 140
"""Characters of one of them."""


def passed_on(s: Scene) -> Decision | None:
    """Who asks what was passed on hears his own trouble or wish again; nothing is searched for it."""
    if not s.u.word("passed_what") or s.u.has("price", "emergency", "abuse") or s.u.contacts:
        return None
    if not (s.state.handed_over or "contact" in s.slots):
        return Decision("answer", "passed_on", s.say("passed_nothing"), greet=False)
    said = "\u00bb, \u00ab".join(reversed(list(_gist(s)))) or _short(s.written[-1])
    return Decision("answer", "passed_on", s.say("passed_on").replace("{said}", said), greet=False)


def _gist(s: Scene) -> Iterator[str]:
    """His messages that a person was called for, or else the newest question, the newest first."""
    classifier, earlier, found = Classifier.load(), s.written[1:], 0
    for text in earlier:
        scored = classifier.scored(text)
        if found < _MOST and scored.best in _CALLED and scored.surest >= SURE and not contacts(text):
            found += 1
            yield _short(text)
    if not found:
        yield from (_short(text) for text in earlier[:1] if not contacts(text))


def _short(text: str) -> str:
    text = " ".join(read(text).text.split())
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1].rstrip()}\u2026"
