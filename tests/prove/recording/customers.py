"""The customers of the recording: conversations of many kinds, in three languages and shops, seeded."""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.prove.recording.house import Step

WORDS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
DRAFTS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("drafts.yaml").read_text("utf-8"))
SESSIONS = {"default": "BOT_7000", "velo": "VELO_1", "gul": "GUL_1"}
FLOWS = (
    "spin_selling", "transactional", "autonomous", "aida", "anum", "bant", "challenger", "champ", "command_of_message", "consultative", "fab",
    "faint", "gap", "inbound", "meddic", "neat", "pas", "sandler", "snap", "solution", "value",
)  # fmt: skip
AWAY_S = 13 * 3600.0
_TOGETHER = 3  # customers who come within minutes of each other and write in turn
_BETWEEN_S = (
    3.5 * 3600.0
)  # until the next ones: all hours of the day, and whoever comes back the next day does so in time
_ZONES = ("Asia/Almaty", "Asia/Aqtau", "Europe/Moscow", "America/New_York", "Asia/Tokyo", "UTC")
_LANGUAGES = {"default": (6, 2.5, 1.5), "velo": (6, 1.5, 2.5), "gul": (3, 6, 1)}
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
        """An answer to what was asked, a question, or a word in between."""
        chance = self.rng.random()
        if self.pending and chance < 0.08:
            return self.one("picks")
        if self.pending and chance < 0.6:
            return self.tells()
        return self.asks() if chance < 0.9 else self.one("chats")

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
    yield c.goes_on() if c.rng.random() < 0.5 else c.one("opens")
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
    for number in range(30):
        if number == 20:
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
        yield Line(line.text, fields={"flow_name": flow} if c.rng.random() < 0.7 else {})


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


class _Talk:
    """One conversation that goes on."""

    def __init__(self, name: str, scene: Scene, customer: Customer, at: float) -> None:
        self.at = at
        self.customer = customer
        self.scene = scene.__name__
        self.key = {"session_id": SESSIONS[customer.shop], "user_id": name}
        self._name = name
        self._lines = scene(customer)
        self._count = 0
        self._last: dict[str, Any] = {}
        rng = customer.rng
        self._usual: dict[str, Any] = {"channel": rng.choice(("whatsapp", "telegram", "instagram"))}
        if rng.random() < 0.25 and scene is not switcher:
            self._usual["flow_name"] = rng.choice(FLOWS)
        self._zone = rng.choice(_ZONES) if rng.random() < 0.4 else ""
        self.line = next(self._lines)

    def step(self) -> Step:
        line = self.line
        if line.seen:
            seen = {**self.key, "text": line.text, "source": line.seen}
            if line.replaces and self._last:
                seen["request_id"] = self._last["request_id"]
            return Step(self.at, "observe", seen, scene=self.scene)
        if line.again:
            message = {**self._last["message"], "text": line.text} if line.text else self._last["message"]
            return Step(self.at, "process", {**self._last, "message": message}, scene=self.scene)
        self._count += 1
        body = {
            **self.key,
            "request_id": f"{self._name}-{self._count}",
            "message": {"text": line.text, "timestamp_ms": int(self.at * 1000)},
            "context": self._context(),
            **self._usual,
            **line.fields,
        }
        self._last = body
        return Step(self.at, "process", body, scene=self.scene)

    def go_on(self, pending: str) -> bool:
        """Whether there is a next line; the talk then stands at its moment."""
        self.customer.pending = pending
        line = next(self._lines, None)
        if line is None:
            return False
        self.line = line
        self.at = round(self.at + (line.after_s or self.customer.rng.uniform(5, 300)), 3)
        return True

    def _context(self) -> dict[str, Any]:
        rng = self.customer.rng
        context: dict[str, Any] = {"timezone": self._zone} if self._zone else {}
        if rng.random() < 0.2:
            context["time_of_day"] = rng.choice(("morning", "day", "evening", "night"))
        if rng.random() < 0.1:
            context["meta"] = {"campaign": "spring", "n": [1, 2]}
        return context


class Street:
    """All customers of a part: whose next message comes first is asked first."""

    def __init__(self, part: str, starts: float, seed: int) -> None:
        self._part = part
        self._seed = seed
        self._starts = starts
        self._talks: list[tuple[float, int, _Talk]] = []
        self._count = 0
        self._first = random.Random(f"{seed}-{part}").randrange(len(SCENES))

    def next(self) -> tuple[Step, Callable[[str], None]]:
        """The next step, and what is to be told then: the slot that the machine asks for."""
        if not self._talks or self._talks[0][0] > self._coming():
            self._come()
        _, number, talk = heapq.heappop(self._talks)

        def heard(pending: str) -> None:
            if talk.go_on(pending):
                heapq.heappush(self._talks, (talk.at, number, talk))

        return talk.step(), heard

    def _come(self) -> None:
        number = self._count
        rng = random.Random(f"{self._seed}-{self._part}-{number}")
        scene = SCENES[(number + self._first) % len(SCENES)]
        shop = "default" if scene is haggler else rng.choices(tuple(SESSIONS), (6, 2.2, 1.8))[0]
        language = rng.choices(("ru", "kk", "en"), _LANGUAGES[shop])[0]
        customer = Customer(rng, shop, language)
        talk = _Talk(f"{self._part}-{scene.__name__}-{number}", scene, customer, self._coming())
        heapq.heappush(self._talks, (talk.at, number, talk))
        self._count += 1

    def _coming(self) -> float:
        """When the next customer comes."""
        groups, place = divmod(self._count, _TOGETHER)
        return self._starts + groups * _BETWEEN_S + place * 90.0
