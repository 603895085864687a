"""The options that a question lists, and the short replies that point at one: «второй», «2», «последнее», «оба»."""

import re

from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.text import fold
from app.dialogue.resources import load_words

MAX_OPTIONS = 6

_WORDS = load_words("slots", "words.yaml")
_OR = re.compile(rf"(?:,\s*)?(?<!\w)(?:{'|'.join(_WORDS['or'])})(?!\w)\s*", re.IGNORECASE)
_OTHER = frozenset(map(fold, _WORDS["other"]))
"""An option with one of these words is no answer yet."""
_TAIL = re.compile(rf"(?<!\s)\s+(?:{'|'.join(_WORDS['particles'])})$", re.IGNORECASE)


def options(text: str) -> tuple[str, ...]:
    """The options of the last question in a text: «… : тетрадь, Excel или 1С?» -> (тетрадь, Excel, 1С)."""
    asked = re.split(r"[.!…\n]\s*", text.rpartition("?")[0])[-1]
    listed = asked.rpartition(":")[2]
    if not _OR.search(listed):
        return ()
    found = [part.strip(" ,—-") for part in re.split(r",\s*", _OR.sub(", ", listed))]
    found = [_TAIL.sub("", part) for part in found if part]
    return tuple(found) if 2 <= len(found) <= MAX_OPTIONS and ":" in asked else ()


def pick(u: Understanding, listed: tuple[str, ...]) -> tuple[str, ...] | None:
    """The options a short reply points at: empty for «что-то другое», None when the reply points at nothing."""
    if not listed or not u.content or u.message.asking:
        return None
    found: list[int] = []
    said: set[int] = set()
    for match in u.matches:
        kind, name, _ = match.label
        if kind != "word" or not name.startswith("ordinal_"):
            continue
        said.update(range(match.start, match.end))
        which = name.removeprefix("ordinal_")
        if which == "both":
            found += range(len(listed) if len(listed) <= 3 else 0)
        elif which == "last":
            found.append(len(listed) - 1)
        elif which != "word":
            found.append(int(which) - 1)
    for place, token in enumerate(u.message.tokens):
        if token.text.isdecimal() and token.text.isascii() and len(token.text) == 1:
            said.add(place)
            found.append(int(token.text) - 1)
    if not said.issuperset(u.content):
        return None
    chosen = [listed[number] for number in dict.fromkeys(found) if 0 <= number < len(listed)]
    return tuple(option for option in chosen if _OTHER.isdisjoint(fold(word) for word in re.findall(r"\w+", option)))
