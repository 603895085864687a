"""What a piece of a text does: greet, reject, ask, exclaim, wish or tell."""

from dataclasses import dataclass

from app.reading.cues import Cues
from app.reading.lexicon import endings, listed
from app.reading.message import Mood
from app.reading.pieces import Piece

_BRIEF = 7  # words, at most, of a piece in which a weak hint asks
_OFFERED = 12  # words, at most, of a piece that puts one thing or another to us: "every day or once a month"
_ELLIPSIS = 5  # words, at most, of "price of ..." without a verb
_ADMIRED = 4  # words, at most, of "what a ...!"
_FORBIDDING = 6  # letters, at least, of a Kazakh verb that forbids
_CORRECTED = 2  # words, at most, of "no, not X."
_OTHER = frozenset({"wish", "wish_any", "reject_bare"})
_SURE = frozenset({"particle", "ask_sure"})
_BARE = 5  # words, at most, of "not X"


@dataclass(slots=True)
class Judged:
    """A piece's mood. `sure`: by words of its own, not by a sign or a weak hint. `lead`: it holds nothing but a lead,
    `frames`: with one that asks, `inquires`: for something. `told`: it speaks of the customer. `rejected`: the places
    of the rejected words. `contrast`: what follows in the sentence is what is wanted instead.
    """

    mood: Mood
    sure: bool = True
    lead: bool = False
    frames: bool = False
    inquires: bool = False
    told: bool = False
    rejected: tuple[int, int] = (0, 0)
    contrast: bool = False


def judged(cues: Cues, piece: Piece) -> Judged:
    """The mood of one piece, by itself."""
    return _Judge(cues, piece).judged()


class _Judge:
    def __init__(self, cues: Cues, piece: Piece) -> None:
        self.cues, self.piece = cues, piece
        self.start, self.end = piece.start, piece.end
        self.first = cues.lead(self.start, self.end)
        names: set[str] = set()
        for here in filter(None, cues.at[self.start : self.end]):
            names.update(name for name, end in here.items() if end <= self.end)
        self.names = names

    def judged(self) -> Judged:
        first, names = self.first, self.names
        if first == self.end:
            return Judged("told", sure=False, lead=True, frames=bool(names & {"frame", "inquire"}))
        found = self._exclaimed() or self._greeted() or self._rejected() or self._asked()
        if found is None:
            told = bool(names & {"told"})
            found = Judged("wished", told=told) if self._wished() else Judged("told", sure=False, told=told)
        return found

    def _here(self, name: str) -> int:
        """Where a row that begins the piece ends, 0 for none. Pronouns may stand before it, and so may leads."""
        if name not in self.names:
            return 0
        cues = self.cues
        for place in (self.first, self.start):
            at = place
            while at < self.end:
                end = cues.at[at].get(name, 0)
                if end and end <= self.end:
                    return end
                if "pronoun" not in cues.at[at] and not cues.covered[at]:
                    break
                at += 1
        return 0

    def _exclaimed(self) -> Judged | None:
        if self._here("exclaim"):
            return Judged("exclaimed")
        whole = self._here("exclaim_whole")
        if whole and (whole == self.end or self.piece.mark == "!"):
            return Judged("exclaimed")
        behind = min(self.first + 1, self.end - 1)
        which = self.piece.mark == "!" and "which" in self.cues.at[self.first] and self.end - self.first <= _ADMIRED
        if which and "ask_noun" not in self.cues.at[behind]:
            return None if self.cues.words[behind].endswith(endings("infinitive")) else Judged("exclaimed")
        return None

    def _greeted(self) -> Judged | None:
        if self._here("greeting") or (self._here("closing") and not self._asking()):
            return Judged("greeted")
        return None

    def _asking(self) -> bool:
        """Whether words of the piece ask for sure."""
        if not _SURE.isdisjoint(self.names) or any(self.cues.asks[self.start : self.end]):
            return True
        ended = endings("question_end")
        return any(word.endswith(ended) for word in self.cues.words[self.start : self.end])

    def _has(self, name: str) -> bool:
        """Whether a row stands in the piece, behind its leads."""
        return name in self.names and self.cues.has(name, self.first, self.end)

    def _rejected(self) -> Judged | None:
        if self._here("reject_around") and self._has("reject_around_end"):
            return self._wants_not(self._here("reject_around"), self._row("reject_around_end")[0])
        if self._reproaches():
            return None
        if not self._here("reject_even_asked") and (self.piece.mark == "?" or self._asking()):
            return None
        return self._rejected_behind() or self._denied() or self._rejected_before()

    def _reproaches(self) -> bool:
        """Whether it says that we did not answer: "you not answer about X" wants X."""
        words = self.cues.words[self.start : self.end]
        return words[0] in listed("lists", "you") and not listed("lists", "replies").isdisjoint(words)

    def _rejected_behind(self) -> Judged | None:
        """What is rejected stands behind the words that reject: "not about X", "without X", "stop sending X"."""
        cues = self.cues
        before = self._here("reject_before")
        if before:
            # "without X" said of oneself tells: "I am without a car".
            alone = "reject_before" in cues.at[before - 1]
            tells = before - 1 > self.start and cues.words[before - 2] in listed("lists", "nominative")
            if alone and (tells or not self._bare(before)):
                return None
            return self._wants_not(before, self.end, contrast=True)
        stops = self._here("reject_doing")
        if stops and any(cues.words[at].endswith(endings("doing")) for at in range(stops, self.end)):
            return self._wants_not(stops, self.end)
        first = self._here("reject_first")
        if first and self._bare(first, "no_follows"):
            return self._wants_not(first, self.end, contrast=True)
        return None

    def _denied(self) -> Judged | None:
        """A bare "not": before an infinitive alone, an order, or what the sentence puts another thing against."""
        denies = self._here("reject_bare")
        if not denies or denies >= self.end:
            return self._forbidden()
        if denies + 1 == self.end and self.cues.words[denies].endswith(endings("infinitive")):
            return self._wants_not(denies, self.end, contrast=True)
        if self.cues.words[denies].endswith(endings("wish") + endings("wish_maybe")):
            return self._wants_not(denies, self.end)
        names = not self.cues.words[denies].endswith(endings("verb") + endings("infinitive"))
        if self.cues.corrects[self.start] and names and self.end - denies <= _BARE:
            return self._wants_not(denies, self.end, contrast=True)
        return self._wants_not(denies, self.end, contrast=True) if self._contrasted(denies) else None

    def _forbidden(self) -> Judged | None:
        """A Kazakh verb that forbids, at the end."""
        last = self.cues.words[self.end - 1]
        forbids = self.cues.kazakh and len(last) > _FORBIDDING and last.endswith(endings("kk_forbids"))
        return self._wants_not(self.start, self.end) if forbids else None

    def _rejected_before(self) -> Judged | None:
        """What is rejected stands before the words that reject, or on either side of them."""
        if self._has("reject_either"):
            at, end = self._row("reject_either")
            follows = self._wants_not(end, self.end)
            return follows if follows.rejected[1] > follows.rejected[0] else self._wants_not(self.start, at)
        for name in ("reject_after", "reject_bare_after", "reject_except_after"):
            if self._has(name):
                return self._wants_not(self.start, self._row(name)[0], contrast=name == "reject_bare_after")
        return None

    def _row(self, name: str) -> tuple[int, int]:
        at = next(place for place in range(self.first, self.end) if name in self.cues.at[place])
        return at, self.cues.at[at][name]

    def _bare(self, behind: int, name: str = "not_follows") -> bool:
        """Whether few words follow "not" or "without", and the next is none that makes it a complaint."""
        if behind >= self.end or self.end - behind > _BARE:
            return False
        return self.cues.words[behind] not in listed("lists", name)

    def _contrasted(self, behind: int) -> bool:
        """Whether it is "not X but Y": X is no verb, and Y follows in the sentence."""
        cues, end = self.cues, self.end
        ends = end >= len(cues.tokens) or cues.tokens[end].cut == 2
        corrects = ends and self.start > 0 and "denial" in cues.at[self.start - 1] and end - behind <= _CORRECTED
        if not corrects and (ends or "contrast" not in cues.at[end]):
            return False
        return behind < end and end - behind <= 3 and not cues.words[behind].endswith(endings("verb"))

    def _wants_not(self, start: int, end: int, *, contrast: bool = False) -> Judged:
        cues = self.cues
        while start < end and (cues.covered[start] or "pronoun" in cues.at[start]):
            start += 1
        # What is wanted, or not wanted besides, is no more of it.
        end = next((at for at in range(start + 1, end) if cues.at[at].keys() & _OTHER), end)
        while end > start and (
            cues.covered[end - 1]
            or "pronoun" in cues.at[end - 1]
            or cues.at[end - 1].keys() & {"tail", "wish", "reject_trim"}
        ):
            end -= 1
        return Judged("rejected", rejected=(start, end), contrast=contrast)

    def _asked(self) -> Judged | None:
        cues, first, end = self.cues, self.first, self.end
        told = bool(self.names & {"told"})
        sure = self._asking() or "ask_start" in cues.at[first]
        frames, inquires = bool(self.names & {"frame", "inquire"}), "inquire" in self.names
        kazakh = cues.kazakh and any(self._kazakh(place) for place in range(first, end))
        if sure or kazakh or self.piece.mark == "?" or self._weakly(told=told):
            return Judged("asked", sure=sure or kazakh, told=told, frames=frames, inquires=inquires)
        if frames or self._ellipsis():
            return Judged("asked", sure=False, told=told, frames=frames, inquires=inquires)
        return None

    def _kazakh(self, place: int) -> bool:
        return "ask_inside" in self.cues.at[place]

    def _weakly(self, *, told: bool) -> bool:
        cues, first, end = self.cues, self.first, self.end
        if told or end - first > _OFFERED or self._wished():
            return False
        places = range(first, end)
        if cues.you(end - 1) and ("wish" not in self.names or "condition" in self.names):
            return True  # "and if I take both will you deliver"
        either = any("or" in cues.at[place] for place in range(first + 1, end - 1))
        if end - first > _BRIEF:
            return either and any(cues.words[place].endswith(endings("verb")) for place in places)
        if any(cues.you(place) for place in places) and "wish" not in self.names:
            return True
        last = end - first <= _BRIEF and any(cues.at[at].get("ask_last") == end for at in range(first + 1, end))
        opens = any("opens_asking" in cues.at[place] for place in range(self.start, first))
        wonders = opens and cues.tokens[self.start].cut == 2 and end - first > 1
        inside = last or wonders or any(cues.at[place].get("ask_inside", end + 1) <= end for place in places)
        return inside or either

    def _ellipsis(self) -> bool:
        cues, first, end = self.cues, self.first, self.end
        if "ask_noun" in cues.at[end - 1] and first < end - 1 and "told" not in self.names and end - first <= _ELLIPSIS:
            return True
        behind = cues.at[first].get("ask_noun", 0)
        if not behind or end - first > _BRIEF or any(cues.words[at][0].isdigit() for at in range(first, end)):
            return False
        if behind >= end:
            return True
        word = cues.words[behind]
        joined = word in listed("lists", "prepositions")
        return joined or not word.endswith(endings("adjective") + endings("verb"))

    def _wished(self) -> bool:
        cues = self.cues
        places = range(self.start, self.end)
        if (
            cues.wishes_also(self.start)
            or self._here("wish_first")
            or any("polite" in cues.at[place] for place in range(self.start, self.first))
        ):
            return True
        for place in places:
            ends = cues.at[place]
            end = ends.get("wish") or ends.get("wish_any")
            supposed = end and end < len(cues.tokens) and "if_after" in cues.at[end]
            if end and end <= self.end and not supposed and not cues.related(place):
                return True
            bids = cues.bids(place) and not (place and "reject_bare" in cues.at[place - 1])
            if bids or (ends and self._stressed(place)):
                return True
        if not cues.kazakh:
            return False
        plans = self.end - 1
        while plans > self.start + 1 and cues.at[plans].keys() & {"says", "tail_ends"}:
            plans -= 1
        last = cues.words[plans]
        wants = self.end - self.start > 1 and last in listed("lists", "wants")
        if wants and cues.words[plans - 1].endswith(endings("kk_wants")):
            return True
        return len(last) >= 5 and last.endswith(endings("kk_wish_last"))

    def _stressed(self, place: int) -> bool:
        """Whether a word says that something matters, and the piece says what: "this is very important" does not."""
        cues, names = self.cues, self.cues.at[place]
        doing, end = names.get("stressed_doing", 0), max(names.get("stressed_doing", 0), names.get("stressed", 0))
        if not end or end > self.end or cues.related(place):
            return False
        if end < len(cues.tokens) and "condition" in cues.at[end] and cues.tokens[end].cut < 2:
            return True
        if doing and any(cues.words[at].endswith(endings("infinitive")) for at in range(end, min(end + 2, self.end))):
            return True
        return "stressed" in names and (self._named(end, self.end) > 0 or self._named(self.start, place) > 1)

    def _named(self, start: int, end: int) -> int:
        """How many words name something."""
        cues, bare = self.cues, listed("lists", "stress_bare")
        return sum(
            not cues.covered[at] and "pronoun" not in cues.at[at] and cues.words[at] not in bare
            for at in range(start, end)
        )
