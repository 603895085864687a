"""What of a raw message the dialogue goes by: the customer's own words, what of them asks, what they do not want."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from app.dialogue.hearing.asking import apart, content_of, costs_alone
from app.dialogue.hearing.leaning import leans, with_ground
from app.dialogue.hearing.listing import things
from app.dialogue.hearing.unanswered import unanswered
from app.dialogue.hearing.unmarked import buys, with_marks
from app.language.folds import letters
from app.language.scripts import meant
from app.language.words import questions
from app.reading.message import Clause, Heard, Message, Mood
from app.reading.read import read
from app.types import Ask, Media, Snapshot

MAX_CHARS = 1200
"""A longer message is read only so far: whoever sends a novel has said what matters before that."""
MAX_WORDS = 180
_EARLIER = 4
"""Answers of ours that he may have sent back."""
_ENOUGH = 2
"""Words of three letters and more from which what asks can be searched without what was told."""
_MOST = 4
"""Questions of one message that are searched by themselves."""
_LONG = 3
_BRIEF = 14
"""Words of a message in which what is told says what is asked of,"""
_LEANING = 30
"""and the same where the question itself says so: "will they do?"."""
_WORD = re.compile(r"\S+")
_ITEM = re.compile(r"^[0-9]{1,2}[.)]+\s*(?=\D)")
_LETTERS = re.compile(r"[^\W\d_]+")
_ASKING = frozenset({"asked", "wished"})
_ENDS = frozenset(".!?\u2026;\n")
_UNHEARD = frozenset({"silence", "unreadable", "music"})


@dataclass(frozen=True, slots=True)
class Said:
    """`text` is understood, `asked` searched, `counted` reckoned with; `without` are the words that he rejects."""

    text: str
    asked: str
    counted: str
    without: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    """All of them but what is rejected."""
    questions: tuple[str, ...] = ()
    """Those that ask, where there are several, each with what it leans on."""
    named: Mapping[str, str] = field(default_factory=dict)
    """How a thing of a list is spoken of, by the question for it."""
    strange: tuple[str, ...] = ()
    """Those that no shop is asked, beside others."""
    heard: Heard = "text"
    wishes: bool = False
    """A clause asks or wishes for something."""
    silent: bool = False
    """Nothing of it is his own: a sticker, a picture without a word, a voice message without a voice."""

    @property
    def unheard(self) -> bool:
        return self.heard in _UNHEARD


def listened(ask: Ask, snapshot: Snapshot, names: frozenset[str] = frozenset()) -> Said:
    """The newest message as the dialogue takes it. `names`: the shop's own with Latin letters, lower case."""
    return _listened(ask.text, ask.media, tuple(exchange.answer for exchange in snapshot.history[-_EARLIER:]), names)


@lru_cache(maxsize=64)
def _listened(text: str, media: Media, earlier: tuple[str, ...], names: frozenset[str]) -> Said:
    """Kept, so that it can be done before the rest of a decision: each is long enough by itself."""
    raw = meant(_begun(text), names).text
    message = with_marks(read(raw, media, earlier))
    if not message.own:
        described = " ".join(part.text for part in message.aside if part.kind == "description")
        return Said(described or raw, "", "", heard=message.media, silent=bool(message.aside))
    clauses, asked = message.clauses, _questions(message)
    return Said(
        _with_marks(message),
        _asked(message),
        _kept(message.own, [c for c in clauses if c.mood not in ("rejected", "exclaimed")]),
        tuple(c.rejected or c.text for c in clauses if c.mood == "rejected"),
        tuple(_marked(message.own, c) for c in clauses if c.mood != "rejected")
        or tuple(_marked(message.own, c) for c in clauses),
        tuple(asked),
        heard=message.media,
        named={each: name for each, name in asked.items() if name},
        wishes=any(clause.mood in _ASKING for clause in clauses),
    )


def _questions(message: Message) -> Mapping[str, str]:
    """The questions and wishes of a message where there are several, each with what it leans on and with the mark that
    asks, where it does and does not only wish; and how a thing of a list is named.
    """
    found: dict[str, str] = {}
    told, heading, ground, before, at, asking = "", "", "", "", 0, 0
    alone = len([clause for clause in message.clauses if clause.mood != "greeted"]) == 1
    for clause in message.clauses:
        parted = _parted(message.own, at, clause.start)
        if parted:
            heading = ground = ""
            told = unanswered(told)
        near = heading or ("" if content_of(told) <= questions()["opens"] else told)
        if len(found) >= _MOST:
            break
        for part, listed in _parts(_worded(message.own, clause), clause.mood, alone=alone):
            asking += 1
            # "and how much" is of what was just asked; where nothing was, "how much" asks of all there is.
            if listed or _names(part, near) or (costs_alone(part) and (ground or not (found or near))):
                leant = near or (ground if costs_alone(part) else "")
                whole = part if listed else with_ground(part, leant, before, headed=bool(heading))
                found[f"{whole}?" if listed or clause.mood == "asked" else whole] = listed
                # What a question means that leans on nothing is not here, and an order is asked nothing of.
                before = "" if (whole == part and leans(part)) or (clause.mood == "wished" and buys(part)) else whole
        # "Delivery, how many days and how much": what is told before a question is told before the next one too.
        ground = near if clause.mood == "asked" else ""
        told, at = clause.text if clause.mood == "told" else "", clause.end
        heading = told if told and message.own[at : at + 1] == ":" else heading
    return dict(islice(_without_held(found).items(), _MOST)) if asking > 1 else {}


def _without_held(found: Mapping[str, str]) -> Mapping[str, str]:
    """Questions without a wish that one of them holds already, where several are left."""
    kept = {each: name for each, name in found.items() if not any(other.startswith(f"{each}, ") for other in found)}
    return kept if len(kept) > 1 else found


def _names(part: str, near: str) -> bool:
    """Whether a question says what it is about: «total, please» does with what is told before it."""
    said = content_of(part)
    return bool(said if near else said - questions()["costs"])


def _worded(own: str, clause: Clause) -> str:
    """A clause without its number in a list; empty where it only says that questions follow."""
    head, parted, behind = clause.text.partition(":")
    text = _ITEM.sub("", behind if parted and _counts(head) else clause.text).strip()
    announces = own[clause.end : clause.end + 1] in (":", "\n")
    return "" if announces and _counts(text) else text


def _counts(text: str) -> bool:
    """Whether a text says that there are questions: «two questions before I buy»."""
    return not questions()["counted"].isdisjoint(letters(text).split())


@lru_cache(maxsize=512)
def _parts(text: str, mood: Mood, *, alone: bool) -> tuple[tuple[str, str], ...]:
    """The questions of a clause, each with how it is named as a thing of a list; a clause that is all of a message may
    be a list."""
    found: list[tuple[str, str]] = []
    for part in apart(text) if mood in _ASKING and text else ():
        found += [(thing.asked, thing.named) for thing in things(part)] or [(part, "")]
    if mood == "told" and alone:
        found += [(thing.asked, thing.named) for thing in things(text, bare=True)]
    return tuple(found)


def _parted(own: str, end: int, start: int) -> bool:
    """Whether a sentence ends between two places of a message."""
    return not _ENDS.isdisjoint(own[end:start])


def _marked(own: str, clause: Clause) -> str:
    """A clause with the mark that asks, if one stands behind it."""
    return f"{clause.text}?" if "?" in own[clause.end : clause.end + 2] else clause.text


def _with_marks(message: Message) -> str:
    """His own words, with the mark that was left out behind what he asks beside something else he says."""
    clauses, own = message.clauses, message.own
    if len({clause.mood for clause in clauses}) == 1:
        return own
    pieces, last = [], 0
    for clause in clauses:
        if clause.mood == "asked" and "?" not in own[clause.end : clause.end + 2] and " " in clause.text:
            pieces.append(f"{own[last : clause.end]}?")
            last = clause.end
    return "".join((*pieces, own[last:]))


def _begun(text: str) -> str:
    """As much of a message as is read."""
    words = [match.end() for match in islice(_WORD.finditer(text[:MAX_CHARS]), MAX_WORDS)]
    return text[: words[-1] + 1] if len(words) == MAX_WORDS else text[:MAX_CHARS]


def _asked(message: Message) -> str:
    """What is searched for: the clauses that ask or wish, or all but what is rejected where those say too little."""
    clauses = message.clauses
    if len(clauses) == 1:
        return message.own
    asking = [clause for clause in clauses if clause.mood in ("asked", "wished")]
    if len(asking) == 1 and len([c for c in clauses if c.mood != "greeted"]) == 1:
        return _kept(message.own, asking)
    if len(message.own.split()) <= _BRIEF and not _says_enough(" ".join(clause.text for clause in asking)):
        return (
            _kept(message.own, [clause for clause in clauses if clause.mood not in ("rejected", "greeted")])
            or message.own
        )
    if len(asking) == 1 and (with_told := _told_of(message, asking[0])):
        return with_told
    if asking and sum(len(word) >= _LONG for clause in asking for word in clause.text.split()) >= _ENOUGH:
        texts = [(clause.mood, _ITEM.sub("", clause.text)) for clause in asking]
        return ". ".join(f"{text}?" if mood == "asked" else text for mood, text in texts)
    return (
        _kept(message.own, [clause for clause in clauses if clause.mood not in ("rejected", "greeted")]) or message.own
    )


def _told_of(message: Message, asking: Clause) -> str:
    """A question of few words with what its sentence tells before it: «свет отключают, данные не пропадут?»."""
    before = [clause for clause in message.clauses if clause.end <= asking.start]
    told = before[-1] if before and before[-1].mood == "told" else None
    said = set(_LETTERS.findall(letters(asking.text)))
    leans = not said.isdisjoint(questions()["refers"])  # "we have such a scanner. Will it do?"
    parted = told is not None and _parted(message.own, told.end, asking.start) and not leans
    if told is None or parted or len(message.own.split()) > (_LEANING if leans else _BRIEF):
        return ""
    few = len(content_of(asking.text) - questions()["light"]) <= _ENOUGH
    reproach = not questions()["why"].isdisjoint(said)
    return f"{told.text}, {asking.text}?" if few and not reproach and asking.mood == "asked" else ""


def _says_enough(asking: str) -> bool:
    """Whether what asks names by itself what it is about: «does it suit us?» does not."""
    said = set(_LETTERS.findall(letters(asking)))
    words = {word for word in said if len(word) >= _LONG} - questions()["empty"] - questions()["asks"]
    return len(words) >= _ENOUGH and said.isdisjoint(questions()["refers"])


def _kept(own: str, kept: Sequence[Clause]) -> str:
    """The text with those clauses alone, and the marks behind each."""
    if not kept:
        return ""
    ends = [*(clause.start for clause in kept[1:]), len(own)]
    pieces = [own[clause.start : min(end, clause.end + 2)].strip() for clause, end in zip(kept, ends, strict=True)]
    return " ".join(piece for piece in pieces if piece)
