"""How and when somebody wants to be reached, in his own words: passed on as he said it, and promised nothing."""

import re

from app.dialogue.rules.scene import Scene
from app.language.moments.moments import moments
from app.language.moments.parts import Now, Offset
from app.language.words import questions

_LISTS = ("channel", "no_call")
_BETWEEN = 2
"""Words between two parts of one wish."""
_DENIED = 8
"""Words of a clause that says when not to call, and is repeated whole."""
_BESIDE = 2
"""Words that say something beside a wish, of a message that is one."""
_SMALL = (
    "affirm",
    "deny",
    "idle",
    "filler",
    "instead",
    "correct",
    "follow",
    "no_call",
    "channel",
    "unreachable",
    "calls",
)
"""Lists of words that name nothing beside it."""
_OTHERS = (
    "trouble", "order_status", "paid", "complaint", "refund", "cancel_request", "purchase", "booking", "thanks",
    "goodbye", "refusal", "opt_out", "objection_think",
)  # fmt: skip
"""What a message with a time in it may be for instead."""
_HOUR = re.compile(r"(?:[01]?[0-9]|2[0-4])(?![0-9])")
_PAID = 0.5
"""Probability from which a message tells of a payment."""
_LONGEST = 120
"""Characters of a wish that are repeated."""


def wish_of(s: Scene) -> str:
    """«только в вотсап, не звоните», «завтра в 10»: the words for it, empty where he wishes nothing.

    A time that he asks about, that has passed or is now, is no wish. When he can not is said with its no.
    """
    told = s.u.has("paid") or s.u.acts.get("paid", 0.0) >= _PAID  # «I paid on the second»: the day is no wish
    wished = {*_reached(s), *(() if told else _timed(s)), *_hurried(s)}
    spans = sorted({*wished, *_denied(s, wished)})
    pieces: list[tuple[int, int]] = []
    for start, end in spans:
        if pieces and start - pieces[-1][1] <= _BETWEEN and not _contact_between(s, pieces[-1][1], start):
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        else:
            pieces.append((start, end))
    text, tokens = s.u.message.text, s.u.message.tokens
    said = [text[tokens[start].start : tokens[end - 1].end] for start, end in pieces]
    return ", ".join(" ".join(piece.split()) for piece in said)[:_LONGEST].strip()


def reaches(s: Scene) -> bool:
    """Whether he says by which way to reach him, and has told where."""
    told = "contact" in s.heard.values or (s.state.handed_over and "contact" in s.slots)
    return puts_right(s) or (
        told and (bool(s.u.word("channel")) or ("contact" in s.heard.values and bool(s.u.word("no_call"))))
    )


def puts_right(s: Scene) -> bool:
    """Whether he says no more than at what time: «no, not at six, at half past five», once a person has his number."""
    own = s.state.handed_over and "contact" in s.slots and not s.state.lane and not s.u.has(*_OTHERS)
    return own and _only_timed(s)


def only_reached(s: Scene) -> bool:
    """Whether a message is little more than by which way to reach him: «rather write, do not call»."""
    if not (s.u.word("channel") or s.u.word("no_call")) or s.u.message.asking:
        return False
    small = {p for m in s.u.matches if m.label[1] in (*_SMALL, "rings") for p in range(m.start, m.end)}
    return not [place for place in s.u.content if place not in small]


def timed(s: Scene) -> bool:
    """Whether the wish names a time."""
    return bool(_timed(s))


def _only_timed(s: Scene) -> bool:
    """Whether a message is little more than a time to come."""
    tokens = s.u.message.tokens
    spans = _times(s)
    places = {place for start, end in spans for place in range(start, end)}
    places |= {p for m in s.u.matches if m.label[1] in _SMALL for p in range(m.start, m.end)}
    # «Not before five. Is that clear?»: what he asks beside it stands apart.
    asks = any(tokens[start].clause in s.u.message.asking for start, _ in spans)
    apart = frozenset[int]() if asks else s.u.message.asking
    said = [p for p in s.u.content if tokens[p].clause not in apart]
    beside = [p for p in said if p not in places and not tokens[p].text.isdecimal()]
    return bool(spans) and len(beside) <= (0 if asks else _BESIDE)


def _reached(s: Scene) -> list[tuple[int, int]]:
    tokens = s.u.message.tokens
    found = [(m.start, m.end) for name in _LISTS for m in s.u.word(name)]
    return [(start, end) for start, end in found if tokens[start].clause not in s.u.message.asking]


def _hurried(s: Scene) -> list[tuple[int, int]]:
    """«Call me at once»: the words from the one for a call to the one for the hurry, of a clause that holds both."""
    tokens, found = s.u.message.tokens, []
    for call in s.u.word("rings"):
        clause = tokens[call.start].clause
        for haste in s.u.word("hurry"):
            if tokens[haste.start].clause == clause and clause not in s.u.message.asking:
                found.append((min(call.start, haste.start), max(call.end, haste.end)))
    return found


def _timed(s: Scene) -> list[tuple[int, int]]:
    return _holding(s, _times(s))


def _times(s: Scene) -> list[tuple[int, int]]:
    """The places of the words that name a time to come, outside questions about something else."""
    named = moments(s.u.message.text)
    tokens, found = s.u.message.tokens, []
    for element in named.elements:
        if isinstance(element.day, Now) or (isinstance(element.day, Offset) and element.day.days < 0):
            continue  # «call somebody now» says no time
        first, last = named.text.tokens[element.first].start, named.text.tokens[element.last - 1].end
        places = [p for p, token in enumerate(tokens) if first <= token.start < last or token.start < first < token.end]
        if places and not _asked_apart(s, tokens[places[0]].clause) and not _spoken_of(s, places):
            found.append((places[0], _with_zone(s, _hour_behind(s, places[-1] + 1))))
    return found


def _holding(s: Scene, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The times that hold: the second of «not at three but at five»; a no that stands alone is said with its time."""
    tokens = s.u.message.tokens
    no, behind, bounds = (_places(s, name) for name in ("negation_before", "negation_after", "bound"))
    needs = {place + 1 for place in no if place + 1 < len(tokens) and tokens[place + 1].text in questions()["needs"]}
    before = [
        span
        for span in found
        if span[0] - 1 in no | needs and tokens[span[0] - 1].clause == tokens[span[0]].clause and span[0] not in bounds
    ]
    after = [span for span in found if span[1] in behind and tokens[span[1]].clause == tokens[span[1] - 1].clause]
    holds = [span for span in found if span not in before and span not in after]
    if holds:
        return [(start - (start in bounds and start - 1 in no), end) for start, end in holds]
    return [(start - (start - 1 in no), end + (end in behind)) for start, end in found]


def _with_zone(s: Scene, end: int) -> int:
    """The end of a time with the place whose time is meant: «в 19:00 по Атырау»."""
    tokens = s.u.message.tokens
    whole = [match.end for match in s.u.word("zone") if match.start == end]
    named = [match.end + 1 for match in s.u.word("zone_before") if match.start == end and _is_place(s, match.end)]
    if _is_place(s, end):
        named += [match.end for match in s.u.word("zone_behind") if match.start == end + 1]
    return min(len(tokens), max((*whole, *named), default=end))


def _is_place(s: Scene, place: int) -> bool:
    tokens = s.u.message.tokens
    return place < len(tokens) and (tokens[place].raw[:1].isupper() or place in _places(s, "zone_place"))


def _places(s: Scene, name: str) -> set[int]:
    return {place for match in s.u.word(name) for place in range(match.start, match.end)}


def _denied(s: Scene, wished: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The clauses that say when he can not be reached: a time without its no would say the opposite."""
    tokens, found = s.u.message.tokens, []
    for match in (*s.u.word("unreachable"), *s.u.word("no_call")):
        clause = tokens[match.start].clause
        beside = any(abs(tokens[start].clause - clause) <= 1 for start, _ in wished)
        if clause in s.u.message.asking or not (beside or s.u.word("part_of_day")):
            continue
        places = [p for p, token in enumerate(tokens) if token.clause == clause]
        while places and _contact_between(s, places[0], places[0] + 1):
            places = places[1:]
        if contact := next((p for p in places if _contact_between(s, p, p + 1)), None):
            places = [p for p in places if p > contact and not _contact_between(s, p, p + 1)] or places
        if places and len(places) <= _DENIED:
            found.append((places[0], places[-1] + 1))
    return found


def _hour_behind(s: Scene, end: int) -> int:
    """The end of a moment with the hour that runs on into an ending: «таңғы 10да»."""
    tokens = s.u.message.tokens
    runs_on = end < len(tokens) and tokens[end].clause == tokens[end - 1].clause and _HOUR.match(tokens[end].text)
    if not runs_on or _contact_between(s, end, end + 1):
        return end
    return end + 1 + (end + 1 < len(tokens) and tokens[end].end == tokens[end + 1].start)


def _asked_apart(s: Scene, clause: int) -> bool:
    """Whether a clause only asks, while another one holds what is told: «as for the report of tomorrow?»."""
    apart = {token.clause for token in s.u.message.tokens} - {clause}
    return clause in s.u.message.asking and bool(apart) and not _holds_contact(s, clause)


def _spoken_of(s: Scene, places: list[int]) -> bool:
    """Whether a time is only what is asked about: «I asked about Saturday», «and if it is on Sunday, until when?»."""
    tokens, first = s.u.message.tokens, places[0]
    clause = tokens[first].clause
    about = any(match.end == first or match.start == places[-1] + 1 for match in s.u.word("spoken_of"))
    supposed = any(match.end <= first and tokens[match.start].clause == clause for match in s.u.word("whatif"))
    return about or (supposed and clause + 1 in s.u.message.asking)


def _holds_contact(s: Scene, clause: int) -> bool:
    return any(
        contact.start <= token.start < contact.end
        for token in s.u.message.tokens
        if token.clause == clause
        for contact in s.u.contacts
    )


def _contact_between(s: Scene, end: int, start: int) -> bool:
    tokens = s.u.message.tokens
    return any(
        contact.start <= tokens[place].start < contact.end for place in range(end, start) for contact in s.u.contacts
    )
