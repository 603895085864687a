"""Ten customers send the most expensive messages that we know, without a pause: does anybody else notice?

`python -m tests.prove.hostile [SECONDS] [BACKEND] [PACE]` runs the real service (its loop, its memory, the emulated model
server for `ollama`). It prints how long single messages took that once stopped the service, with another caller's
worst /health meanwhile, and then what others met while ten customers sent nothing else.
"""

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from loadtests.rig import Rig
from loadtests.service import KEY, Server, message
from tests.hostile import SHAPES, hostile

ATTACKERS = 10
LENGTH = 8_000  # characters: what the contract takes at most
GIVEN_UP_S = 20.0
_QUESTIONS = ("Сколько стоит тариф Рост?", "А на год?", "Есть доставка?", "Позовите человека", "Сколько стоит сканер?")


def _marks(depth: int, lines: int) -> str:
    return "<|" * depth + "а" + "|>" * (depth - 1) + "\n" * lines + "б"


_ONCE = (
    ("7,998 line ends", ["а" + "\n" * 7998 + "б"]),
    ("the same three times, then a question", [*["а" + "\n" * 7998 + "б"] * 3, "Сколько стоит?"]),
    ("carriage returns and line ends x 3,999", ["\r\n" * 3999 + "б"]),
    ("tabs and line ends x 3,999", ["а" + "\t\n" * 3999]),
    ("blanks and line ends x 3,999", ["а" + " \n" * 3999 + "б"]),
    ("10 nested marks, 4,000 line ends", [_marks(10, 4000)]),
    ("28 nested marks, 3,700 line ends", [_marks(28, 3700)]),
    ("75 nested marks, 3,700 line ends: 4,000 characters", [_marks(75, 3700)]),
    ("1,000 nested marks, 4,000 line ends", [_marks(1000, 4000)]),
    ("8(702) x 1,142, to be repeated", ["повтори за мной " + "8(702)" * 1142]),
    ("a@ x 4,000", ["a@" * 4000]),
    ("«а» x 2,000", ["«а» " * 2000]),
    ("нет x 2,000", ["нет " * 2000]),
)
"""What stopped the service or held it up before, each in a conversation of its own."""


async def once(server: Server) -> None:
    """Prints seconds of the slowest turn, and another caller's worst /health meanwhile."""
    headers = {"Authorization": f"Bearer {KEY}"}
    for number, (name, texts) in enumerate(_ONCE):
        async with httpx.AsyncClient(
            base_url=server.url, headers=headers, timeout=GIVEN_UP_S, trust_env=False, verify=False
        ) as client:
            waits: list[float] = []

            async def health(client: httpx.AsyncClient = client, waits: list[float] = waits) -> None:
                while True:
                    started = time.monotonic()
                    try:
                        await client.get("/health")
                    finally:
                        waits.append(time.monotonic() - started)
                    await asyncio.sleep(0.01)

            watching = asyncio.create_task(health())
            await asyncio.sleep(0.1)
            slowest, ended = 0.0, ""
            for text in texts:
                started = time.monotonic()
                try:
                    body = message(text, user=f"once-{number}")
                    ended = str((await client.post("/api/v1/process", json=body)).status_code)
                except httpx.TimeoutException:
                    ended = "given up"
                slowest = max(slowest, time.monotonic() - started)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            print(f"{name}: turn {slowest:.2f} s, /health {max(waits):.3f} s, {ended}", flush=True)
            if ended == "given up":
                return  # it does not come back


@contextmanager
def service(backend: str, pace: float) -> Iterator[Server]:
    """The service as it is run; `ollama`: against the emulated server at `pace` times the card's."""
    if backend == "ollama":
        with Rig(pace) as rig:
            yield rig.server
        return
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        yield server


class Watch:
    """What others met: seconds of each call, and the statuses of everything."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.health: list[float] = []
        self.turns: list[float] = []
        self.statuses: Counter[str] = Counter()
        self._until = time.monotonic() + seconds
        self._client = httpx.AsyncClient(
            base_url=server.url,
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=90,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            trust_env=False,
            verify=False,
        )

    async def run(self) -> None:
        """Ten attackers, one honest customer, one caller of /health."""
        async with self._client:
            await asyncio.gather(self._healthy(), self._honest(), *(self._attack(n) for n in range(ATTACKERS)))

    async def _healthy(self) -> None:
        while time.monotonic() < self._until:
            started = time.monotonic()
            (await self._client.get("/health")).raise_for_status()
            self.health.append(time.monotonic() - started)
            await asyncio.sleep(0.02)

    async def _honest(self) -> None:
        for number in itertools.count():
            if time.monotonic() >= self._until:
                return
            started = time.monotonic()
            body = message("Сколько стоит тариф Рост?", user=f"honest-{number}")
            status = (await self._client.post("/api/v1/process", json=body)).status_code
            self.statuses[f"honest {status}"] += 1
            self.turns.append(time.monotonic() - started)
            await asyncio.sleep(0.05)

    async def _attack(self, number: int) -> None:
        rng = random.Random(number)
        while time.monotonic() < self._until:
            # Some in the conversation that they have already filled, some in a new one, now and then a plain question.
            user = f"attacker-{number}-{rng.randrange(4)}"
            text = rng.choice(_QUESTIONS) if rng.random() < 0.15 else hostile(rng.choice(SHAPES), LENGTH)
            text = text.encode("utf-8", "ignore").decode().strip() or "а"
            status = (await self._client.post("/api/v1/process", json=message(text, user=user))).status_code
            self.statuses[f"attacker {status}"] += 1


def quantile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1] * 1000


def main(seconds: float = 60, backend: str = "ollama", pace: float = 20) -> int:
    with service(backend, pace) as server:
        asyncio.run(once(server))
        watch = Watch(server, seconds)
        asyncio.run(watch.run())
        stuck = sum("loop stuck" in line for line in server.log)
    print(
        f"{backend} at {pace:g} times the pace, {seconds:.0f} s, {ATTACKERS} customers with messages of {LENGTH} characters of {len(SHAPES)} kinds"
    )
    for name, values in (("/health", watch.health), ("an honest customer's turn", watch.turns)):
        figures = ", ".join(f"p{share * 100:g} {quantile(values, share):.0f} ms" for share in (0.5, 0.95, 0.99))
        print(f"{name}: {len(values)} calls, {figures}, worst {max(values) * 1000:.0f} ms")
    print("answers:", ", ".join(f"{name} x {count}" for name, count in sorted(watch.statuses.items())))
    print(f"loop stuck: {stuck}")
    return 1 if quantile(watch.health, 0.99) > 100 or stuck else 0


if __name__ == "__main__":
    given = [*sys.argv[1:], *("60", "ollama", "20")[len(sys.argv) - 1 :]]
    sys.exit(main(float(given[0]), given[1], float(given[2])))
