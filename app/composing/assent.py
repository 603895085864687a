"""Whether the yes that a section begins with answers what was asked: it was written for the section's own questions."""

from decimal import Decimal

from app.composing.fitting import ROOT, folded, same
from app.composing.section_words import content, vocabulary
from app.language.numerals import numbers
from app.language.words import questions
from app.types import Section

_READ = 600
"""Characters of what is asked, the last ones: who tells much asks at the end."""
_LEADING = 3
"""Words within which a question says what it wants to hear."""
_HELD = 0.5
"""Share of a question's words that the section must have; all of what he wants to be told that it is so."""
_BRAND = 4
"""Letters of a name in another script, which nothing but the name itself is."""


def assents(asked: str, section: Section, text: str) -> bool:
    """No to a question of one thing or another, to one that wants to hear how many, to another number of the same
    things than its `text` has, and where the section knows nothing of what is asked about. Linear in the text."""
    asked = asked[-_READ:]
    words = folded(asked)
    if _alternatives(words) or not questions()["open"].isdisjoint(words[:_LEADING]):
        return False
    if _counts(asked, text) or _of_another_kind(words, folded(",".join(text.split(",", 2)[:2]))):
        return False
    tags = questions()["tags"]
    least = 1.0 if words and not tags.isdisjoint((words[0], words[-1])) else _HELD
    wanted, known = [word for word in content(asked) if word not in tags], vocabulary(section)
    held = [any(same(word, other) for other in known.get(word[:ROOT], ())) for word in wanted]
    strange = any(
        word.isascii() and word.isalpha() and len(word) >= _BRAND
        for word, is_held in zip(wanted, held, strict=True)
        if not is_held
    )
    return not (strange and section.language != "en") and (not held or sum(held) >= least * len(held))


def _alternatives(words: tuple[str, ...]) -> bool:
    """«С экрана или с бумаги»; «или нет» asks for a yes."""
    either, denied = questions()["either"], questions()["denied"]
    return any(
        word in either and words[at + 1 : at + 2] and words[at + 1] not in denied for at, word in enumerate(words)
    )


def _of_another_kind(asked: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """Whether it asks if a thing must be, or costs extra, and what is `said` with the yes speaks of neither."""
    lists = questions()
    musts = not lists["needs"].isdisjoint(asked) and lists["needs"].isdisjoint(said)
    paid = lists["paid"].intersection(asked)
    return musts or (bool(paid) and not any(same(word, other) for word in paid for other in said))


def _counts(asked: str, text: str) -> bool:
    """Whether it names another number of what the text has a number of."""
    told, has = _counted(asked), _counted(text)
    return any(
        same(unit, other) and not any(value == another and same(unit, name) for name, another in has)
        for unit, value in told
        for other, _ in has
    )


def _counted(text: str) -> list[tuple[str, Decimal]]:
    """(word behind it, number)."""
    found: list[tuple[str, Decimal]] = []
    for number in numbers(text):
        behind = folded(text[number.end : number.end + 40])[:1]
        if behind and behind[0].isalpha():
            found.append((behind[0], number.value))
    return found
