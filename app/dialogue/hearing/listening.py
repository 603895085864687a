"""What of a raw message the dialogue goes by: the customer's own words, what of them asks, what they do not want."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from app.dialogue.hearing.listing import things
from app.dialogue.hearing.unanswered import unanswered
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
    message = read(raw, media, earlier)
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
    told, at, asking = "", 0, 0
    alone = len([clause for clause in message.clauses if clause.mood != "greeted"]) == 1
    for clause in message.clauses:
        near = "" if _parted(message.own, at, clause.start) else told
        near = unanswered(told) or near
        if len(found) >= _MOST:
            break
        for part, listed in _parts(clause.text, clause.mood, alone=alone):
            asking += 1
            # "and how much" is of what was just asked; where nothing was, "how much" asks of all there is.
            if listed or _content(part) or (costs_alone(part) and not (found or near)):
                whole = part if listed else _with_ground(part, near, list(found)[-1] if found else "")
                found[f"{whole}?" if listed or clause.mood == "asked" else whole] = listed
        told, at = clause.text if clause.mood == "told" else "", clause.end
    return dict(islice(found.items(), _MOST)) if asking > 1 else {}


@lru_cache(maxsize=512)
def _parts(text: str, mood: Mood, *, alone: bool) -> tuple[tuple[str, str], ...]:
    """The questions of a clause, each with how it is named as a thing of a list; a clause that is all of a message may
    be a list."""
    found: list[tuple[str, str]] = []
    for part in apart(text) if mood in _ASKING else ():
        found += [(thing.asked, thing.named) for thing in things(part)] or [(part, "")]
    if mood == "told" and alone:
        found += [(thing.asked, thing.named) for thing in things(text, bare=True)]
    return tuple(found)


def costs_alone(question: str) -> bool:
    """Whether a question asks what something costs and does not say what."""
    return not _content(question) and not questions()["costs"].isdisjoint(letters(question).rstrip("?").split())


def _with_ground(part: str, told: str, before: str) -> str:
    """A question with what it leans on: what is told right before it, else what was asked before."""
    known = questions()
    own = _content(part) - known["which"]
    leans = not set(_LETTERS.findall(letters(part))).isdisjoint(known["refers"])
    if len(own - known["paid"] - known["stock"] - known["stored"]) >= _ENOUGH and not (leans and told):
        return part
    small = known["light"] | known["paid"] | known["stock"] | known["stored"] | known["has"]
    if not told and (leans or own <= small) and (thing := _thing_of(before.rstrip("?"))):
        ground, part = thing, part if thing == before.rstrip("?") else _begun_anew(part)
    else:
        ground = told
    return f"{ground}, {part}" if ground and len(ground.split()) < _BRIEF else part


def _begun_anew(part: str) -> str:
    """A question without the word that joins it to the one before."""
    first, _, rest = part.partition(" ")
    return rest if rest and letters(first) in questions()["joins"] else part


def _thing_of(question: str) -> str:
    """What a question for a price is about: «how much is the drawer», of which something else is asked next."""
    words, content = question.split(), _content(question)
    if questions()["costs"].isdisjoint(letters(question).split()) or not content:
        return question
    places = [place for place, word in enumerate(words) if not content.isdisjoint(_LETTERS.findall(letters(word)))]
    return " ".join(words[places[0] : places[-1] + 1]) if places else question


def apart(text: str) -> Iterator[str]:
    """The questions of one clause: a word that joins, and behind it one that asks or another thing to do."""
    joins = questions()["joins"]
    words = text.split()
    folded = [letters(word) for word in words]
    begun, said = 0, set[str]()
    for place, word in enumerate(folded):
        inside = 0 < place < len(words) - 1 and word.strip(",") in joins
        if (
            inside
            and _asks_anew(said, folded[place + 1 : place + 3], folded[-1])
            and (_opens_asking(folded[place + 1 : place + 3]) or _weighs(words[begun:place], words[place + 1 :]))
        ):
            yield " ".join(words[begun:place])
            begun, said = place + 1, set()
        else:
            said.add(word.strip("?,"))
    yield " ".join(words[begun:])


def _asks_anew(said: Set[str], behind: Sequence[str], last: str) -> bool:
    """Whether what stands behind a joining word may be a question of its own. `said`: the words before it."""
    known, first = questions(), behind[0]
    if said <= _dull():
        return False  # "so and how much": nothing is asked yet
    acted = len(behind) > 1 and behind[1] in known["acted_on"]
    does = (acted or first in known["does"]) and not said.isdisjoint(known["starts"])
    infinitive = tuple(known["infinitive"])
    acts = first.endswith(infinitive) and any(word.endswith(infinitive) for word in said - known["asks"])
    modal = last.strip("?") in known["modal"] and not said.isdisjoint(known["asks"])
    return _opens_asking(behind) or does or acts or modal


def _opens_asking(behind: Sequence[str]) -> bool:
    """Whether a word that asks stands first, or behind a small one: "in which language"."""
    known = questions()
    led = len(behind) > 1 and behind[0] in known["empty"] and behind[1] in known["which"]
    return behind[0] in known["asks"] or led


def _weighs(*sides: Sequence[str]) -> bool:
    """Whether each side of a joining word names what it is about."""
    return all(len(_content(" ".join(words))) >= _ENOUGH for words in sides)


@lru_cache(maxsize=1)
def _dull() -> frozenset[str]:
    """Words behind which nothing is asked yet."""
    known = questions()
    return (known["empty"] - known["asks"]) | known["joins"]


@lru_cache(maxsize=512)
def _content(text: str) -> frozenset[str]:
    """The words of a question that name what it is about."""
    said = frozenset({word for word in _LETTERS.findall(letters(text)) if len(word) >= _LONG})
    return said - questions()["empty"] - questions()["asks"] - questions()["refers"] - questions()["joins"]


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
        return ". ".join(f"{clause.text}?" if clause.mood == "asked" else clause.text for clause in asking)
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
    few = len(_content(asking.text) - questions()["light"]) <= _ENOUGH
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
