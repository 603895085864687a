"""What the emulated model does with each message: right and wrong drafts, broken and cut ones, what it reports behind them."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.prove.recording.customers import SESSIONS
from tests.prove.recording.house import Step
from tests.prove.recording.scenes import DRAFTS

Fault = Mapping[str, Any]
_SLOTS = ("pain_point", "need", "product", "desired_outcome", "pain_impact")
_INSIDE = 30  # tokens: behind the first sentence of a draft that stands still, within its second
_PAIRS = {pair["ask"]: pair["drafts"] for pair in DRAFTS["pairs"]}
_SHOPS = {session: shop for shop, session in SESSIONS.items()}


class Drafts:
    """Deals a fate to each message from a deck, so that every kind comes up early and again.

    Two messages in a row never fail: a third one would find the model left alone for a while.
    """

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(seed)
        self._deck: list[str] = []
        self._failed = False

    def next(self, step: Step, pending: str, language: str) -> tuple[Fault, ...]:
        if step.scene == "haggler":
            self._failed = False
            return ({"kind": "text", "text": self._rng.choice(_PAIRS[step.body["message"]["text"]])},)
        if not self._deck:
            self._deck = [name for name, (count, _) in _FATES.items() for _ in range(count)]
            self._rng.shuffle(self._deck)
        name = self._deck.pop()
        if name == "fails" and self._failed:
            name = "own"
        self._failed = name == "fails"
        return _FATES[name][1](_Turn(self._rng, step, pending, language))


class _Turn:
    """What a fate may be made of."""

    def __init__(self, rng: random.Random, step: Step, pending: str, language: str) -> None:
        self.rng = rng
        self.shop = _SHOPS[step.body["session_id"]]
        self.language = language
        self.own = DRAFTS["any"][language]
        self.message: str = step.body["message"]["text"]
        self.slot = pending or rng.choice(_SLOTS)

    def says(self, kind: str) -> Fault:
        """A text of this kind, of the shop's or of its language's."""
        return {"kind": "text", "text": self.rng.choice([*DRAFTS[self.shop].get(kind, ()), *self.own.get(kind, ())])}

    def lengthy(self) -> str:
        """More than an answer has room for. No two sentences alike: that would be taken for a loop."""
        return " ".join(f"{begin} {self.own['long'].strip()}" for begin in self.own["begins"])


def _wrong(t: _Turn) -> tuple[Fault, ...]:
    return (t.says("wrong"),)


def _price(t: _Turn) -> tuple[Fault, ...]:
    return ({"kind": "invented_price", "times": t.rng.choice((1, 2))},)


def _broken(t: _Turn) -> tuple[Fault, ...]:
    return ({"kind": t.rng.choice(("malformed_json", "malformed_early"))},)


def _json(t: _Turn) -> tuple[Fault, ...]:
    return ({"kind": "json", "text": t.rng.choice(DRAFTS["json"])},)


def _spoilt(t: _Turn) -> tuple[Fault, ...]:
    return ({"kind": t.rng.choice(("chinese", "phrase_loop", "empty", "no_done", "repeat_stop", "think_leak"))},)


def _told(t: _Turn) -> tuple[Fault, ...]:
    """The customer's own words as a slot's value, mixed with more or fewer others, or beside what he never said."""
    own = t.message.split()[:6]
    others = "постоянно мешает вот именно это всегда".split()[
        : t.rng.choice((0, 0, len(own) - 1, len(own), len(own) + 1))
    ]
    slots = {t.slot: " ".join([*own, *others])} | ({"challenges": "совсем другое"} if t.rng.random() < 0.3 else {})
    return ({"kind": "fields", "fields": {"slots": slots, "human": t.rng.random() < 0.25}},)


def _cut(t: _Turn) -> tuple[Fault, ...]:
    return ({"kind": "text", "text": t.lengthy()},)


def _busy(t: _Turn) -> tuple[Fault, ...]:
    return ({"kind": t.rng.choice(("503", "cut")), "after_tokens": 0},)


def _fails(t: _Turn) -> tuple[Fault, ...]:
    kind = t.rng.choice(("503", "empty", "chinese", "cut", "garbage_line"))
    return ({"kind": kind, "times": 2, "after_tokens": 0 if kind == "cut" else 3},)


def _late(t: _Turn) -> tuple[Fault, ...]:
    """It stands still in its second sentence: the first one is given when time runs out."""
    return ({"kind": "hang_mid", "text": t.own["short"] + t.lengthy(), "after_tokens": _INSIDE},)


_FATES: Mapping[str, tuple[int, Callable[[_Turn], tuple[Fault, ...]]]] = {
    "own": (26, lambda t: ()),
    "good": (8, lambda t: (t.says("good"),)),
    "mend": (10, lambda t: (t.says("mend"),)),
    "wrong": (8, _wrong),
    "wrong twice": (8, lambda t: (t.says("wrong"), t.says("wrong"))),
    "price": (4, _price),
    "broken": (3, _broken),
    "json": (5, _json),
    "spoilt": (5, _spoilt),
    "told": (14, _told),
    "cut": (2, _cut),
    "busy": (1, _busy),
    "fails": (2, _fails),
    "late": (1, _late),
}
"""How many of 97 messages, and the faults of the emulator that make it so."""
