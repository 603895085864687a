"""The lines of a message sorted: the customer's own, and quotes, forwards, letters, signatures of others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.reading.lexicon import Rows, rows
from app.reading.message import Aside
from app.reading.tokens import words

_QUOTED = {"\u00ab": "\u00bb", '"': '"', "\u201c": "\u201d", "\u201e": "\u201c"}
_CITED = 4  # words in quotation marks on a line of their own that are a sentence of somebody's, not a name
_LETTER = 200  # characters, at most, of the line that says who wrote when
_BRACKETED = 6  # lines, at most, of what a bracket says that is answered to
_UNSEEN = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
_MARKS = re.compile(r"[-_=]{3,}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line; `kind` is None while it is the customer's own. Neighbours of one `group` are one part."""

    text: str
    kind: Aside | None = None
    group: int = 0
    hint: str = ""

    @property
    def blank(self) -> bool:
        return not self.text

    @property
    def own(self) -> bool:
        return self.kind is None and bool(self.text)


def split(text: str) -> list[Line]:
    """The lines of a text, each with single spaces."""
    return [Line(" ".join(line.translate(_UNSEEN).split())) for line in text.splitlines()]


def sorted_lines(lines: Sequence[Line]) -> list[Line]:
    """The same lines with what is plainly another's marked."""
    page = _Page(list(lines))
    page.letters()
    page.forwards()
    page.subject()
    page.brackets()
    page.arrows()
    page.cited()
    page.signatures()
    return page.lines


class _Page:
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.words = [words(line.text) for line in lines]
        self._rows: Rows = rows("layout")
        self.heads = [self._rows.at(each, 0) if each else {} for each in self.words]
        self._group = 0

    def _mark(self, places: Sequence[int], kind: Aside) -> None:
        self._group += 1
        for place in places:
            if self.lines[place].kind is None:
                self.lines[place] = replace(self.lines[place], kind=kind, group=self._group)

    def _begins(self, place: int, name: str) -> int:
        """The number of words of a row at a line's beginning, 0 for none."""
        return self.heads[place].get(name, 0)

    def _holds(self, place: int, name: str) -> bool:
        line = self.words[place]
        return any(name in self._rows.at(line, at) for at in range(len(line)))

    def _block(self, place: int) -> range:
        """The lines from a place to the next empty one."""
        end = place
        while end < len(self.lines) and self.lines[end].text:
            end += 1
        return range(place, end)

    def letters(self) -> None:
        """An answered letter: all that stands below the line of its writer, or below its fields."""
        before = False
        looked = 0  # lines before this one are fields without a sender
        for place, line in enumerate(self.lines):
            if line.blank or place < looked:
                continue
            if self._wrote(place):
                below = next((at for at in range(place + 1, len(self.lines)) if self.lines[at].text), None)
                marked = below is not None and self.lines[below].text.startswith(">")
                self._mark([place, *self._arrows(place + 1)] if marked else range(place, len(self.lines)), "quote")
                return
            if _MARKS.match(line.text) and (self._begins(place, "original") or self._begins(place, "forward")):
                kind: Aside = "forward" if self._begins(place, "forward") else "quote"
                self._mark(range(place, len(self.lines)), kind)
                return
            fields, sender = self._fields(place)
            looked = fields.stop
            if sender and len(fields) > 1:
                # Fields on top of all are those of his own letter.
                self._mark(range(place, len(self.lines)) if before else fields, "quote")
                return
            before = True

    def _wrote(self, place: int) -> bool:
        text = self.lines[place].text
        if not text.endswith(":") or len(text) > _LETTER or not any(each.isdigit() for each in text):
            return False
        return "@" in text or self._holds(place, "wrote")

    def _fields(self, place: int) -> tuple[range, bool]:
        """The lines of a letter's fields from a place on, and whether one names its sender."""
        end = place
        sender = False
        while end < len(self.lines) and ":" in self.lines[end].text[:24] and self._field(end):
            named = bool(self.lines[end].text.partition(":")[2].strip())  # «от:» alone is somebody's word
            sender = sender or (named and bool(self._begins(end, "sender")))
            end += 1
        return range(place, end), sender

    def _field(self, place: int) -> bool:
        count = self._begins(place, "field") or self._begins(place, "sender")
        head = self.lines[place].text.partition(":")[0]
        return bool(count) and len(head.split()) == count

    def forwards(self) -> None:
        place = 0
        while place < len(self.lines):
            count = self._begins(place, "forward") if self.lines[place].own else 0
            alone = bool(count) and len(self.words[place]) == count
            if count and (alone or self._begins(place, "forward_from")):
                block = self._block(place)
                self._mark(block, "forward")
                place = block.stop
            else:
                place += 1

    def subject(self) -> None:
        """The subject of an answered letter, on top of what he writes."""
        own = [place for place, line in enumerate(self.lines) if line.own]
        if len(own) > 1 and self._begins(own[0], "subject") and self.lines[own[0]].text.partition(":")[0].isalpha():
            self._mark([own[0]], "quote")

    def brackets(self) -> None:
        """What a messenger's bridge says of the message that is answered: in brackets, or in a paragraph of its own."""
        last_own = max((at for at, line in enumerate(self.lines) if line.own), default=0)
        for place, line in enumerate(self.lines):
            if not line.own or not self._begins(place, "reply"):
                continue
            if line.text.startswith("["):
                last = next(
                    (at for at in range(place, min(len(self.lines), place + _BRACKETED)) if "]" in self.lines[at].text),
                    None,
                )
                if last is not None:
                    self._bracket(place, last)
            elif (
                last_own > place
                and not line.text.endswith(":")
                and ":" in line.text
                and self._begins(place, "reply_to")
            ):
                self._mark([place], "quote")
            elif line.text.endswith(":"):
                block = self._block(place)
                self._mark(block if last_own >= block.stop else [place], "quote")

    def _bracket(self, first: int, last: int) -> None:
        head, _, rest = self.lines[last].text.partition("]")
        self._mark(range(first, last), "quote")
        if not rest.strip(" :"):
            self._mark([last], "quote")
            return
        if first == last:
            self._group += 1
        quoted = Line(f"{head}]", "quote", self._group)
        self.lines[last : last + 1] = [quoted, Line(rest.strip(" :"))]
        self.words[last : last + 1] = [words(quoted.text), words(rest)]
        self.heads[last : last + 1] = [self.heads[last], {}]

    def _arrows(self, start: int) -> list[int]:
        return [at for at in range(start, len(self.lines)) if self.lines[at].own and self.lines[at].text[0] == ">"]

    def arrows(self) -> None:
        """Lines behind a `>`. One that is the whole message says «more than»."""
        places = self._arrows(0)
        if sum(line.own for line in self.lines) == 1 and not any(line.kind for line in self.lines):
            return
        run: list[int] = []
        for place in places:
            if run and any(not self.lines[at].blank for at in range(run[-1] + 1, place)):
                self._mark(run, "quote")
                run = []
            run.append(place)
        self._mark(run, "quote")

    def cited(self) -> None:
        """A line that is a whole sentence in quotation marks: the first, or below one that says who wrote it."""
        own = [place for place, line in enumerate(self.lines) if line.own]
        if len(own) < 2:
            return
        for at, place in enumerate(own):
            text = self.lines[place].text
            closing = _QUOTED.get(text[0])
            whole = closing and text.rstrip(".")[-1:] == closing and len(self.words[place]) >= _CITED
            if whole and (not at or self._holds(own[at - 1], "wrote")):
                self._mark([place], "quote")

    def signatures(self) -> None:
        """A device's line under a letter, and the paragraph that says whom the letter is for."""
        warned: list[int] = []  # lines of the paragraph since one began to say whom the letter is for
        times = 0
        for place, line in enumerate([*self.lines, Line("")]):
            if line.blank:
                if times > 1:
                    self._mark(warned, "signature")
                warned, times = [], 0
                continue
            if line.own and self._begins(place, "signature") and len(self.words[place]) <= 8:
                self._mark([place], "signature")
                continue
            times += self._times(place, "disclaimer") if line.own else 0
            if times:
                warned.append(place)

    def _times(self, place: int, name: str) -> int:
        line = self.words[place]
        return sum(name in self._rows.at(line, at) for at in range(len(line)))
