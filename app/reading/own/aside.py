"""The customer's own words apart from copied chats, links and our own answers sent back."""

import re
from collections.abc import Sequence
from itertools import groupby

from app.reading.message import SetAside
from app.reading.own.layout import Line
from app.reading.own.stamps import Stamp, stamp
from app.reading.tokens import Token, fold, tokens, words

_LINK = re.compile(
    r"(?<![\w@./])(?:https?://[^\s<>\"\u00ab\u00bb]{1,2000}|www\.[^\s<>\"\u00ab\u00bb]{1,2000}"
    r"|(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,4}[A-Za-z]{2,18}/[^\s<>\"\u00ab\u00bb]{0,2000})"
)
_ROW = 3  # words in a row that are looked for in our answers
_LEAST = 6  # words of ours that are no chance
_GAP = 2  # words in between that he may have changed
_LEAD = 3  # words before a run that begin its sentence
_OURS = 0.6  # of a speaker's words: then he is us
_LEADING = ' .,;:!?\u2026-\u2013\u2014"\u00bb\u201d)'
_TRAILING = ' ,;:-\u2013\u2014"\u00ab\u201c\u201e('


def parts_of(lines: Sequence[Line]) -> tuple[SetAside, ...]:
    """The lines that are set aside, those of one group together."""
    parts = []
    aside = (line for line in lines if line.kind is not None)
    for _, group in groupby(aside, key=lambda line: (line.kind, line.group)):
        run = list(group)
        if run[0].kind is not None:
            parts.append(SetAside(run[0].kind, "\n".join(line.text for line in run), run[0].hint))
    return tuple(parts)


def unpasted(lines: Sequence[Line], earlier: Sequence[str]) -> tuple[list[Line], bool]:
    """The lines of a copied chat set aside, and whether there are any.

    Where nothing else is left they are the customer's own, if one speaker alone said them, we not counted.
    """
    found = [stamp(line.text) if line.own else None for line in lines]
    stamped = [place for place, each in enumerate(found) if each]
    sure = any(each.sure for each in found if each)
    if not stamped or not (sure or len(stamped) > 1):
        return list(lines), False
    speakers: dict[int, str] = {}
    texts: dict[int, str] = {}
    current: Stamp | None = None
    for place, line in enumerate(lines):
        each = found[place]
        if each:
            current, speakers[place], texts[place] = each, each.name, each.text
        elif line.blank:
            current = None if place > stamped[-1] else current
        elif line.own and current and (place < stamped[-1] or (current.below and place == stamped[-1] + 1)):
            speakers[place], texts[place] = current.name, line.text
    alone = None
    if not any(line.own and place not in speakers for place, line in enumerate(lines)):
        alone = _only(speakers, texts, earlier)
    result: list[Line] = []
    group = 0
    for place, line in enumerate(lines):
        if place not in speakers:
            result.append(line)
            continue
        # The lines below a stamp are of its part, whose number is as good as any that no other group has.
        group = group if not found[place] else -1 - place
        result.append(Line(line.text, "paste", group, speakers[place]))
        if alone == speakers[place] and texts[place]:
            result.append(Line(texts[place]))
    return result, True


def _only(speakers: dict[int, str], texts: dict[int, str], earlier: Sequence[str]) -> str | None:
    said: dict[str, list[str]] = {}
    for place, name in speakers.items():
        said.setdefault(name, []).append(texts[place])
    others = [name for name, rows in said.items() if not _mostly_ours(rows, earlier)]
    return others[0] if len(others) == 1 else None


def _mostly_ours(rows: Sequence[str], earlier: Sequence[str]) -> bool:
    ours = total = 0
    known = _known(earlier)
    for row in rows:
        said = words(row)
        total += len(said)
        ours += sum(end - start for start, end in _runs(said, known))
    return bool(total) and ours >= _OURS * total


def unlinked(text: str) -> tuple[str, tuple[SetAside, ...]]:
    """A text without addresses of pages."""
    links = tuple(SetAside("link", match.group(), _host(match.group())) for match in _LINK.finditer(text))
    if not links:
        return text, ()
    lines = (" ".join(line.split()) for line in _LINK.sub(" ", text).split("\n"))
    return "\n".join(line for line in lines if any(each.isalnum() for each in line)), links


def _host(link: str) -> str:
    return (
        fold(link.partition("://")[2] or link)
        .partition("/")[0]
        .rpartition("@")[2]
        .partition(":")[0]
        .removeprefix("www.")
    )


def unechoed(text: str, earlier: Sequence[str]) -> tuple[str, tuple[SetAside, ...]]:
    """A text without what repeats our own `earlier` answers at length."""
    if not earlier:
        return text, ()
    places = tokens(text)
    said = [token.word for token in places]
    if len(said) < _LEAST:
        return text, ()
    runs = _runs(said, _known(earlier))
    if not runs:
        return text, ()
    ours = frozenset(word for answer in earlier for word in words(answer))
    before = [0, *(end for _, end in runs)]
    runs = [(max(last, _begun(places, ours, start)), end) for last, (start, end) in zip(before, runs, strict=False)]
    kept: list[str] = []
    parts: list[SetAside] = []
    last = 0
    for start, end in runs:
        kept.append(text[last : places[start].start])
        last = places[end - 1].end
        parts.append(SetAside("echo", text[places[start].start : last]))
    kept.append(text[last:])
    pieces = [piece.lstrip(_LEADING) if at else piece for at, piece in enumerate(kept)]
    pieces = [piece.rstrip(_TRAILING) if at + 1 < len(pieces) else piece for at, piece in enumerate(pieces)]
    pieces = ["\n".join(line.strip() for line in piece.split("\n") if line.strip()) for piece in pieces]
    return "\n".join(piece for piece in pieces if any(each.isalnum() for each in piece)), tuple(parts)


def _begun(places: Sequence[Token], ours: frozenset[str], start: int) -> int:
    """Where the sentence of a run begins, if the few words before it are mostly ours too."""
    at = start
    while at > 0 and not places[at].cut and start - at <= _LEAD:
        at -= 1
    lead = [place.word in ours for place in places[at:start]]
    return at if places[at].cut and sum(lead) * 2 >= len(lead) else start


def _known(earlier: Sequence[str]) -> frozenset[tuple[str, ...]]:
    known: set[tuple[str, ...]] = set()
    for answer in earlier:
        said = words(answer)
        known.update(said[at : at + _ROW] for at in range(len(said) - _ROW + 1))
    return frozenset(known)


def _runs(said: Sequence[str], known: frozenset[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Where words of ours stand at length: from a place to behind another."""
    row = tuple(said)
    hits = [at for at in range(len(row) - _ROW + 1) if row[at : at + _ROW] in known]
    runs: list[list[int]] = []
    for at in hits:
        if runs and at <= runs[-1][1] + _GAP:
            runs[-1][1] = at + _ROW
        else:
            runs.append([at, at + _ROW])
    return [(start, end) for start, end in runs if end - start >= _LEAST]
