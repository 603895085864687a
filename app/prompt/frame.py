"""The frame that a customer's words stand in: ⟦kvqzhd⟧ … ⟦/kvqzhd⟧, with a mark that nobody can guess.

The mark of an exchange follows from a secret of the installation, the conversation and the exchange's place in it. So
the history keeps the marks that it was written with (what a prefix cache holds stays true, and a turn that is walked
again has the same prompt), and who has seen one mark knows no other. Why so: docs/decisions/0010.
"""

import hashlib
import re
import string

from app.prompt.words import table
from app.types import Key, Media

# One token each; no text of others keeps such a sign (template_marks.py), no answer may have one.
_OPEN, _CLOSE = "⟦", "⟧"
_LETTERS = 6  # 28 bits, for one guess a message
_CLOSING = re.compile(rf"{_OPEN}/([a-z]{{{_LETTERS}}}){_CLOSE}")


def mark_of(secret: bytes, key: Key, revision: int, use: bytes = b"customers-words") -> str:
    """The mark of the exchange with this revision: six letters. `secret` has at most 64 bytes, `use` at most 16."""
    digest = hashlib.blake2b(key=secret, digest_size=8, person=use)
    for part in (key.session_id, key.user_id):
        data = part.encode("utf-8", "backslashreplace")
        digest.update(len(data).to_bytes(4, "big") + data)
    digest.update(revision.to_bytes(8, "big"))
    number = int.from_bytes(digest.digest(), "big")
    letters = []
    for _ in range(_LETTERS):
        number, place = divmod(number, len(string.ascii_lowercase))
        letters.append(string.ascii_lowercase[place])
    return "".join(letters)


def framed(words: str, mark: str, media: Media = "text") -> str:
    """`words`, which are sanitised, in their frame; without the mark itself, should they hold it."""
    words = re.sub(mark, "", words, flags=re.IGNORECASE)
    # Said of the text and not of who wrote it: a customer can type the prefix, and his caption stands behind it. Typed
    # text, and what a later release may have noted, has no note.
    note = table("words")["media"].get(media, "")
    return f"{_OPEN}{mark}{note and f': {note}'}{_CLOSE}\n{words}\n{_OPEN}/{mark}{_CLOSE}"


def marks_in(text: str) -> tuple[str, ...]:
    """The marks of the frames in a text of our own making: nothing else in it has their signs."""
    return tuple(_CLOSING.findall(text))
