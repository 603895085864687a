"""The clauses of what a customer says: each with its place, its words and what it does."""

from collections.abc import Sequence

from app.reading.cues import Cues
from app.reading.lexicon import endings, listed
from app.reading.message import Clause
from app.reading.moods import Judged, judged
from app.reading.pieces import Piece, pieces
from app.reading.tokens import tokens

_ADDED = 3  # words of a piece that only goes on with a list: "how much are curtains, rails"

_SAID = frozenset({"told", "asked", "wished"})

_Row = tuple[Piece, Judged]


def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a text in order. Every word is in one; they do not overlap. Never raises, whatever the text."""
    found = tokens(text)
    if not found:
        return _wordless(text)
    cues = Cues(text, found)
    rows = [(piece, judged(cues, piece)) for piece in pieces(cues)]
    rows = _questions(cues, rows)
    rows = _conditions(cues, rows)
    rows = _led(rows)
    rows = _instead(cues, rows)
    rows = _joined(cues, rows)
    return tuple(_clause(text, cues, piece, how) for piece, how in rows)


def _wordless(text: str) -> tuple[Clause, ...]:
    """Signs alone say something too: «?», «+», an emoji."""
    bare = text.strip()
    if not bare:
        return ()
    start = text.index(bare)
    mood = Judged("asked" if "?" in bare else "exclaimed" if "!" in bare else "told").mood
    return (Clause(start, start + len(bare), bare, mood),)


def _clause(text: str, cues: Cues, piece: Piece, how: Judged) -> Clause:
    start, end = cues.tokens[piece.start].start, cues.tokens[piece.end - 1].end
    first, behind = how.rejected
    rejected = text[cues.tokens[first].start : cues.tokens[behind - 1].end] if behind > first else ""
    return Clause(start, end, text[start:end], how.mood, rejected if how.mood == "rejected" else "")


def _merged(first: _Row, second: _Row, how: Judged) -> _Row:
    piece = Piece(first[0].start, second[0].end, second[0].sentence, second[0].mark or first[0].mark)
    return piece, how


def _same(first: Piece, second: Piece) -> bool:
    return first.sentence == second.sentence


def _questions(cues: Cues, rows: Sequence[_Row]) -> list[_Row]:
    """A question that its sign alone shows began where its sentence did; a sentence that only a frame opens and that
    another question follows tells why it is asked.
    """
    result: list[_Row] = []
    for place, row in enumerate(rows):
        piece, how = row
        following = rows[place + 1] if place + 1 < len(rows) else None
        if how.mood == "asked" and not how.sure and how.frames and piece.mark != "?" and following:
            asks = following[1].mood == "asked" and following[1].sure and _same(piece, following[0])
            long = how.told or piece.end - cues.lead(piece.start, piece.end) > _ADDED
            if asks and long and not how.inquires:
                how = Judged("told", sure=False, told=True)
        if result and how.mood == "told" and not how.told and _asks_behind(cues, result[-1][0], piece):
            how = Judged("asked")
        if result and _same(result[-1][0], piece) and not result[-1][1].lead:
            before, kind = result[-1]
            bare = how.mood == "asked" and _bare(cues, piece)
            topic = bare and ((kind.mood == "told" and not kind.told) or _goes_on(cues, piece, kind))
            doing = kind.mood == "asked" and not how.sure and _does(cues, before, piece)
            if topic or doing or _later(cues, kind, piece, how):
                result[-1] = _merged((before, kind), row, Judged("asked"))
                continue
        while how.mood == "asked" and not how.sure and piece.mark == "?" and result:
            before, kind = result[-1]
            if kind.mood == "told" and piece.end - piece.start == 1 and not cues.tokens[piece.start].cut:
                piece, how = _merged(result.pop(), (piece, how), how)  # "and my number you delete?"
                continue
            # Without a comma before it the sign is that of the question it goes on with.
            goes_on = not (how.told or cues.tokens[piece.start].cut or _there(cues, piece))
            if kind.mood == "asked" and _same(before, piece) and goes_on:
                piece, how = _merged(result.pop(), (piece, how), kind)
                break
            if not _same(before, piece) or kind.mood != "told" or kind.told or kind.lead:
                break
            piece, how = _merged(result.pop(), (piece, how), how)
        result.append((piece, how))
    return result


def _bare(cues: Cues, piece: Piece) -> bool:
    """Whether a question has nothing to ask of but what stands before it: "is it possible?"."""
    at = cues.lead(piece.start, piece.end)
    behind = cues.at[at].get("ask_bare", 0) if at < piece.end else 0
    return bool(behind) and (behind >= piece.end or cues.closes[behind])


def _goes_on(cues: Cues, piece: Piece, kind: Judged) -> bool:
    """Whether nothing parts a bare question from what it ends: "and our sign on the receipt is possible"."""
    return kind.mood in ("told", "asked") and not cues.tokens[piece.start].cut


def _asks_behind(cues: Cues, before: Piece, piece: Piece) -> bool:
    """Whether a piece asks whether what is told before it will do: "I have an old one, will do"."""
    says = cues.said(before.start, before.end) > 1
    return says and _same(before, piece) and cues.at[piece.start].get("ask_behind") == piece.end


def _later(cues: Cues, before: Judged, piece: Piece, how: Judged) -> bool:
    """Whether one word that would be a wish by itself only ends a question: "when does it come back then"."""
    alone = piece.end - piece.start == 1 and not cues.tokens[piece.start].cut
    return alone and before.mood == "asked" and how.mood == "wished" and not how.told


def _there(cues: Cues, piece: Piece) -> bool:
    """Whether a piece joins a question of its own, whether something is there."""
    return "joiner" in cues.at[piece.start] and cues.at[piece.end - 1].get("ask_there") == piece.end


def _does(cues: Cues, before: Piece, piece: Piece) -> bool:
    """Whether a question lacks what is done, and a piece behind it ends with that: "may we in cash pay"."""
    may = "ask_doing" in cues.at[cues.lead(before.start, before.end - 1)]
    acts = any(cues.words[at].endswith(endings("infinitive")) for at in range(before.start, before.end))
    return may and not acts and cues.words[piece.end - 1].endswith(endings("infinitive"))


def _conditions(cues: Cues, rows: Sequence[_Row]) -> list[_Row]:
    """A condition is a part of what it is the condition of, before it or behind."""
    result: list[_Row] = []
    for piece, how in rows:
        row = (piece, how)
        if result and _same(result[-1][0], piece):
            before, kind = result[-1]
            says = kind.mood in _SAID and how.mood in _SAID
            marked = how.mood == "asked" and not how.sure  # the sign is that of the question before it
            if says and _conditional(cues, piece) and (how.mood != "asked" or (marked and kind.mood == "asked")):
                result[-1] = _merged((before, kind), row, kind)
                continue
            if says and _conditional(cues, before):
                result[-1] = _merged((before, kind), row, how)
                continue
        result.append(row)
    return result


def _conditional(cues: Cues, piece: Piece) -> bool:
    opens = cues.lead(piece.start, piece.end - 1)
    if cues.wishes_also(piece.start):
        return False
    return "condition" in cues.at[opens] and not cues.asks[opens]


def _led(rows: Sequence[_Row]) -> list[_Row]:
    """What only leads belongs to what follows, or, at a sentence's end, to what it follows."""
    result: list[_Row] = []
    waiting: _Row | None = None
    for place, (piece, how) in enumerate(rows):
        row = (piece, how)
        if how.lead:
            last = place + 1 == len(rows) or not _same(piece, rows[place + 1][0])
            if last and waiting is None and result and _same(result[-1][0], piece):
                before, kind = result[-1]
                asks = how.frames and kind.mood == "told"
                result[-1] = _merged((before, kind), row, Judged("asked") if asks else kind)
                continue
            waiting = row if waiting is None else _merged(waiting, row, how if how.frames else waiting[1])
            continue
        if waiting is not None:
            asks = waiting[1].frames and how.mood == "told"
            row = _merged(waiting, row, Judged("asked") if asks else how)
            waiting = None
        result.append(row)
    if waiting is not None:
        mood: Judged = Judged("asked") if waiting[1].frames else Judged("told", sure=False)
        result.append((waiting[0], mood))
    return result


def _instead(cues: Cues, rows: Sequence[_Row]) -> list[_Row]:
    """What follows a rejection is what is wanted instead."""
    result: list[_Row] = []
    for piece, how in rows:
        if result and result[-1][1].mood == "rejected" and how.mood == "told":
            before, kind = result[-1]
            opens = cues.at[piece.start]
            brief = piece.end - piece.start <= _ADDED and not how.told
            if (kind.contrast and (brief or _same(before, piece))) or "wish_after_rejected" in opens:
                result.append((piece, Judged("wished")))
                continue
        result.append((piece, how))
    return result


def _joined(cues: Cues, rows: Sequence[_Row]) -> list[_Row]:
    """What tells on and on in one sentence is one clause; a short piece behind another goes on with it."""
    result: list[_Row] = []
    for piece, how in rows:
        if result and how.mood == "told" and not how.sure and _same(result[-1][0], piece):
            before, kind = result[-1]
            short = piece.end - piece.start <= _ADDED and not how.told
            if kind.mood == "told" or (kind.mood in ("asked", "wished") and short and not _new(cues, piece)):
                result[-1] = _merged((before, kind), (piece, how), kind)
                continue
            named = piece.end - piece.start == 1 and kind.mood == "greeted"
            if named and cues.text[cues.tokens[piece.start].start].isupper() and cues.tokens[piece.start].cut == 1:
                result[-1] = _merged((before, kind), (piece, how), kind)
                continue
        result.append((piece, how))
    return result


def _new(cues: Cues, piece: Piece) -> bool:
    """Whether a piece starts something else: it opens with a word that joins sentences."""
    return cues.words[piece.start] in listed("moods", "contrast")
