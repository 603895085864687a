"""How a customer of the recording goes on: scenes of many kinds, in three languages and shops."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

WORDS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
DRAFTS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("drafts.yaml").read_text("utf-8"))
FLOWS = (
    "spin_selling", "transactional", "autonomous", "aida", "anum", "bant", "challenger", "champ", "command_of_message", "consultative", "fab",
    "faint", "gap", "inbound", "meddic", "neat", "pas", "sandler", "snap", "solution", "value",
)  # fmt: skip
AWAY_S = 13 * 3600.0
_LETTERS = "абвгдежзийклмнопрстуфхцчшщыэюя"


@dataclass(frozen=True, slots=True)
class Line:
    """What a customer does next: writes `text`, sends the last request `again`, or has `seen` something else instead."""

    text: str
    after_s: float = 0.0
    """Since the last one; 0: as people write."""
    again: bool = False
    seen: str = ""
    """`human` or `fallback`: the text is not the customer's."""
    replaces: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Of the body, in the place of the usual ones."""


@dataclass
class Customer:
    """One of them, as a scene sees him."""

    rng: random.Random
    shop: str
    language: str
    pending: str = ""
    """The slot that the machine has just asked for."""

    def one(self, kind: str) -> Line:
        return Line(self._bent(self._pick(WORDS[self.language][kind])))

    def asks(self) -> Line:
        return Line(self._bent(self._pick(WORDS[self.language]["asks"][self.shop])))

    def tells(self, slot: str = "") -> Line:
        told = WORDS[self.language]["tells"]
        return Line(self._pick(told.get(slot or self.pending) or told["any"]))

    def goes_on(self) -> Line:
        """An answer to what was asked, a question, a word in between; or what the machine said was never seen."""
        chance = self.rng.random()
        if chance > 0.93:
            return self.sees(self.rng.choice(("fallback", "human")), replaces=self.rng.random() < 0.7)
        if self.pending and chance < 0.08:
            return self.one("picks")
        if self.pending and chance < 0.6:
            return self.tells()
        return self.asks() if chance < 0.87 else self.one("chats")

    def sees(self, source: str, *, replaces: bool = False) -> Line:
        return Line(self._pick(WORDS[self.language][f"{source}_says"]), seen=source, replaces=replaces)

    def _pick(self, texts: list[str]) -> str:
        text = self.rng.choice(texts)
        if "{" in text:
            fill = {name: self.rng.choice(values) for name, values in WORDS[self.language]["fill"].items()}
            text = text.format(n=self.rng.randint(2, 9), **fill)
        return text

    def _bent(self, text: str) -> str:
        """As it was meant, or shouted, or without its marks, or with a slip."""
        chance = self.rng.random()
        if chance < 0.05:
            return text.upper() + "!!"
        if chance < 0.15:
            return text.lower().rstrip("?.!") or text
        if chance < 0.25 and len(text) > 6:
            place = self.rng.randrange(1, len(text) - 1)
            return text[:place] + self.rng.choice(("", _LETTERS[place % len(_LETTERS)])) + text[place + 1 :]
        return text


Scene = Callable[[Customer], Iterator[Line]]


def buyer(c: Customer) -> Iterator[Line]:
    """Answers what he is asked until a person takes over; then orders again."""
    yield c.one("opens") if c.rng.random() < 0.7 else c.one("volunteers")
    for _ in range(c.rng.randint(4, 8)):
        yield c.goes_on() if c.rng.random() < 0.4 else c.tells() if c.pending else c.asks()
    yield c.one("purchase")
    yield c.tells()
    yield c.tells("contact")
    yield c.one("thanks")
    yield c.asks()
    yield c.one("purchase")
    yield c.tells()


def asker(c: Customer) -> Iterator[Line]:
    for _ in range(c.rng.randint(3, 7)):
        yield c.asks()
    yield c.one("discount")
    yield c.goes_on()


def leaver(c: Customer) -> Iterator[Line]:
    """Refuses, and comes back the next day."""
    yield c.one("opens")
    yield c.goes_on()
    yield c.one("refusal")
    yield c.one("thanks")
    yield Line(c.asks().text, after_s=AWAY_S)
    yield c.tells("name")
    yield c.goes_on()
    yield c.one("goodbye")
    yield c.one("goodbye")
    yield Line(c.one("opens").text, after_s=AWAY_S)
    yield c.asks()


def complainer(c: Customer) -> Iterator[Line]:
    """Wants a person, who writes in between; an answer of the machine that came too late was never seen."""
    yield c.one("opens")
    yield c.sees("fallback", replaces=True)
    yield c.goes_on()
    yield c.one(c.rng.choice(("complaint", "refund", "legal", "medical", "human", "payment", "human")))
    yield c.sees("human")
    yield c.one("chats")
    yield c.asks()
    yield c.sees("fallback", replaces=True)
    yield c.goes_on()
    yield c.sees("human", replaces=True)
    yield c.sees("human", replaces=True)
    yield c.tells("contact")
    yield Line(c.asks().text, after_s=AWAY_S)
    yield c.one("purchase")
    yield c.goes_on()


def doubter(c: Customer) -> Iterator[Line]:
    yield c.one("opens")
    yield c.asks()
    for kind in ("objections", "objections", "discount", "objections", "payment"):
        yield c.one(kind)
        if c.rng.random() < 0.4:
            yield c.goes_on()
    yield c.one("frustration")
    yield c.one("human")
    yield c.one("chats")


def trickster(c: Customer) -> Iterator[Line]:
    """What the machine does not go along with."""
    for kind in ("injection", "bot", "offtopic", "offtopic", "odd", "injection"):
        yield c.one(kind)
    same = c.asks()
    for _ in range(4):
        yield same
    yield c.one("optout")
    yield c.one("optout")
    yield c.asks()


def steerer(c: Customer) -> Iterator[Line]:
    """Goes back, corrects himself, wants no more questions, goes on."""
    yield c.one("volunteers")
    for kind in ("steers", "tells", "corrects", "tells", "steers", "asks", "steers", "tells", "corrects"):
        yield c.tells() if kind == "tells" else c.asks() if kind == "asks" else c.one(kind)


def talker(c: Customer) -> Iterator[Line]:
    """Writes more than the machine reads back."""
    yield c.one("opens")
    for number in range(27):
        if number == 15:
            yield Line(" ".join(c.asks().text for _ in range(40)))  # a wall of text
        yield c.goes_on()
    yield c.one("human")
    yield c.asks()


def switcher(c: Customer) -> Iterator[Line]:
    """Another language, or another sales method, with every message."""
    flows = c.rng.sample(FLOWS, 8)
    for place, flow in enumerate(flows):
        c.language = c.rng.choice(("ru", "kk", "en"))
        line = c.goes_on() if place else c.one("opens")
        yield replace(line, fields={"flow_name": flow} if c.rng.random() < 0.7 else {})


def sender(c: Customer) -> Iterator[Line]:
    """Pictures, voices, signs."""
    for kind in ("media", "odd", "media", "asks", "odd", "media", "odd"):
        yield c.asks() if kind == "asks" else c.one(kind)


def visitor(c: Customer) -> Iterator[Line]:
    yield c.one("opens")
    for kind in ("booking", "tells", "asks", "reschedule", "tells", "cancel", "booking", "tells"):
        yield c.tells() if kind == "tells" else c.asks() if kind == "asks" else c.one(kind)
    yield c.tells("contact")
    yield c.one("booking")


def haggler(c: Customer) -> Iterator[Line]:
    """Asks what a model is easily wrong about."""
    for pair in c.rng.sample(DRAFTS["pairs"], 8):
        yield Line(pair["ask"])


def retrier(c: Customer) -> Iterator[Line]:
    """A caller that sends things twice, and some that no service takes."""
    for kind in ("opens", "asks", "objections"):
        line = c.asks() if kind == "asks" else c.one(kind)
        yield line
        yield Line("", again=True)
    yield Line(c.asks().text, again=True)  # the same request_id with another text
    yield Line(c.asks().text, fields={"flow_name": "no_such_method"})
    yield Line(c.asks().text, fields={"context": {"timezone": "Mars/Base"}})
    yield Line(" ", fields={})
    yield c.sees("fallback", replaces=True)
    yield c.asks()


SCENES: tuple[Scene, ...] = (
    buyer, haggler, leaver, complainer, asker, trickster, steerer, haggler, switcher, sender, doubter, retrier, visitor, talker,
)  # fmt: skip
