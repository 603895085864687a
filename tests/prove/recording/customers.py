"""The customers of the recording: who comes when, and whose next message is the next one. Seeded."""

import heapq
import random
from collections.abc import Callable
from typing import Any

from tests.prove.recording.house import Step
from tests.prove.recording.scenes import FLOWS, SCENES, Customer, Scene, haggler, switcher

SESSIONS = {"default": "BOT_7000", "velo": "VELO_1", "gul": "GUL_1"}
_TOGETHER = 3  # customers who come within minutes of each other and write in turn
_BETWEEN_S = 3.5 * 3600.0  # until the next ones: all hours of the day, and who comes back the next day does so in time
_ZONES = ("Asia/Almaty", "Asia/Aqtau", "Europe/Moscow", "America/New_York", "Asia/Tokyo", "UTC")
_LANGUAGES = {"default": (6, 2.5, 1.5), "velo": (6, 1.5, 2.5), "gul": (3, 6, 1)}


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
