"""What a message lets one see of the customer without saying it: not kept as told, and not asked for either."""

from app.dialogue.hearing.text import fold
from app.dialogue.resources import load_words
from app.dialogue.slots.reader import NOTHING, Heard, SlotReader

_WORDS = load_words("slots", "words.yaml")
_VAGUE = frozenset(_WORDS["vague"])
"""Values that name what the shop sells rather than what he uses."""
_TELEPHONE = tuple(map(fold, _WORDS["telephone"]))
_SEEN = ("business_type", "current_tools")
_BEFORE = 4
"""Words between a number and the shops that it counts, at most."""
_BESIDE = 2
_FEW = 99


def hints(r: SlotReader) -> Heard:
    """The slots that are not asked for after this message, whatever stands in its questions."""
    seen = {slot for slot in _SEEN if slot in r.slots and _named(r, slot)}
    if "shops" in r.slots and _shops(r):
        seen.add("shops")
    if "contact" in r.slots and _withholds(r):
        seen.add("contact")
    unsaid = frozenset(slot for slot in seen if slot not in r.known and not r.filled(slot))
    return Heard(hinted=unsaid) if unsaid else NOTHING


def _named(r: SlotReader, slot: str) -> bool:
    return any(
        match.label[0] == "value"
        and match.label[1] == slot
        and match.label[2] not in _VAGUE
        and not r.negated(match.start, match.end)
        for match in r.u.matches
    )


def _shops(r: SlotReader) -> bool:
    """«вторая точка», «just one place», «айттым ғой, екеу»: how many he has is said, or can be reckoned."""
    ordinals = {
        match.start
        for match in r.u.matches
        if match.label[0] == "word" and match.label[1].removeprefix("ordinal_").isdecimal()
    }
    counted = {place for place in range(len(r.tokens)) if place in ordinals or _small(r, place)}
    nouns = r.at("shop") | r.at("place")
    beside = any(
        r.tokens[place].clause == r.tokens[noun].clause and 0 < noun - place <= _BEFORE
        for noun in nouns
        for place in counted
    )
    late = "shops" in (*r.late, r.pending) and r.u.short and bool(counted - ordinals) and not r.u.message.asking
    return beside or late


def _small(r: SlotReader, place: int) -> bool:
    text = r.tokens[place].text
    number = int(text) if text.isdecimal() and text.isascii() and len(text) <= len(str(_FEW)) else None
    return (number or r.vocabulary.numbers.get(text, 0)) in range(1, _FEW + 1) and not r.written(place)


def _withholds(r: SlotReader) -> bool:
    """«номер не дам», whatever he asks beside it; «позже» alone puts off something else."""
    if r.u.contacts:
        return False
    near = {
        place
        for match in r.u.word("withhold")
        for place in range(max(0, match.start - _BESIDE), min(len(r.tokens), match.end + _BESIDE))
    }
    return any(r.tokens[place].text.startswith(_TELEPHONE) for place in near)
