"""What a message lets one see of the customer without saying it: not kept as told, and not asked for either."""

from app.dialogue.hearing.text import fold
from app.dialogue.resources import load_words
from app.dialogue.slots.reader import NOTHING, Heard, SlotReader

_WORDS = load_words("slots", "words.yaml")
_VAGUE = frozenset(_WORDS["vague"])
"""Values that name what the shop sells rather than what he uses."""
_TELEPHONE = tuple(map(fold, _WORDS["telephone"]))
_SEEN = ("business_type", "current_tools")
_TOOLS = "current_tools"
_PROGRAM = "other_program"
_NAME = 3
"""Letters of a name."""
_BEFORE = 4
"""Words between a number and the shops that it counts, at most."""
_BESIDE = 2
_FEW = 99


def hints(r: SlotReader) -> Heard:
    """The slots that are not asked for after this message, whatever stands in its questions."""
    seen = {slot for slot in _SEEN if slot in r.slots and _named(r, slot)}
    if _TOOLS in r.slots and (_another(r) or _in_its_clause(r)):
        seen.add(_TOOLS)
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
        and (match.label[2] not in _VAGUE or (match.label[2] == _PROGRAM and match.end - match.start > 1))
        and not r.negated(match.start, match.end)
        for match in r.u.matches
    )


def _another(r: SlotReader) -> bool:
    """«Сижу на …», «we are on …», and behind it no place, person or thing of ours: a program by its name."""
    for match in r.u.word("uses"):
        place = match.end
        clause = r.tokens[match.start].clause
        if place >= len(r.tokens) or r.tokens[place].clause != clause or clause in r.u.message.asking:
            continue
        known = r.among(place, "shop", "people", "role", "other_unit", "not_a_program", "filler", "when", "place")
        if (
            len(r.tokens[place].text) >= _NAME
            and not known
            and place not in r.valued
            and not r.negated(place, place + 1)
        ):
            return True
    return False


def _in_its_clause(r: SlotReader) -> bool:
    """«В …, а перенос платный?»: to our question what he keeps his accounts in, a place in a clause of its own."""
    if _TOOLS not in (r.pending, *r.late):
        return False
    for place, token in enumerate(r.tokens):
        begins = place == 0 or r.tokens[place - 1].clause != token.clause
        if not begins or token.text not in _WORDS["kept_in"] or token.clause in r.u.asking:
            continue
        named = [p for p in r.u.content if r.tokens[p].clause == token.clause]
        if 1 <= len(named) <= _BESIDE and not any(r.among(p, "shop", "place", "when", "other_unit") for p in named):
            return True
    return False


def _shops(r: SlotReader) -> bool:
    """«вторая точка», «just one place», «айттым ғой, екеу»: how many he has is said, or can be reckoned."""
    ordinals = {
        match.start
        for match in r.u.matches
        if match.label[0] == "word" and match.label[1].removeprefix("ordinal_").isdecimal()
    }
    counted = {place for place in range(len(r.tokens)) if place in ordinals or _small(r, place)}
    ones = {place for place in counted - ordinals if _number(r, place) == 1}
    nouns = r.at("shop") | r.at("place")
    beside = any(
        r.tokens[place].clause == r.tokens[noun].clause and 0 < noun - place <= _BEFORE
        for noun in nouns
        for place in counted
    )
    # «Магазин у нас всего один»: behind them only one counts them, more may be of anything.
    beside |= any(
        r.tokens[place].clause == r.tokens[noun].clause
        and 0 < place - noun <= _BEFORE
        and not _counts_another(r, place)
        for noun in nouns
        for place in ones
    )
    late = "shops" in (*r.late, r.pending) and r.u.short and bool(counted - ordinals) and not r.u.message.asking
    return beside or late


def _counts_another(r: SlotReader, place: int) -> bool:
    """Whether the word behind a number is what it counts: «в магазине одна касса»."""
    beside = place + 1 < len(r.tokens) and r.tokens[place + 1].clause == r.tokens[place].clause
    return beside and not r.among(place + 1, "shop", "place", "filler", "only", "own")


def _small(r: SlotReader, place: int) -> bool:
    return _number(r, place) in range(1, _FEW + 1) and not r.written(place)


def _number(r: SlotReader, place: int) -> int:
    text = r.tokens[place].text
    number = int(text) if text.isdecimal() and text.isascii() and len(text) <= len(str(_FEW)) else 0
    return number or (r.spelled_at(place) or 0)


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
