"""How long a card takes. The values of a measured card come from a JSON file in place of the estimates."""

import asyncio
import json
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Profile:
    """Speed of one card with one model, in model-seconds. A rate of 0 means that it takes no time.

    `eff[n-1]` is how much faster n streams are together than one alone; beyond the list the last value holds.
    """

    decode_tps: float
    prefill_tps: float
    load_s: float
    eff: tuple[float, ...] = (1.0,)
    front_s: float = 0.0
    """Of a request whose model is loaded, before its place: the front reads the model's file header anew."""
    leave_s: float = 0.0
    """For which a caller who leaves while his prompt is read still takes his place."""

    def __post_init__(self) -> None:
        if (
            not self.eff
            or min(self.eff) <= 0
            or min(self.decode_tps, self.prefill_tps, self.load_s, self.front_s, self.leave_s) < 0
        ):
            raise ValueError(f"rates and times must not be negative, and eff must be positive: {self!r}")

    def token_s(self, streams: int) -> float:
        """Seconds between two tokens of one stream while `streams` (>= 1) decode."""
        if not self.decode_tps:
            return 0.0
        return streams / (self.decode_tps * self.eff[min(streams, len(self.eff)) - 1])

    def prefill_s(self, tokens: int) -> float:
        return tokens / self.prefill_tps if self.prefill_tps else 0.0


PROFILES = {
    "gex44": Profile(
        decode_tps=23.5, prefill_tps=900.0, load_s=12.0, eff=(1.0, 1.75, 2.3, 2.75), front_s=0.06, leave_s=1.0
    ),
    "instant": Profile(decode_tps=0.0, prefill_tps=0.0, load_s=0.0),
}


def load_profile(name: str) -> Profile:
    """A profile by its name, or from a JSON file with its fields, `extras` aside. Raises ValueError or OSError."""
    if name in PROFILES:
        return PROFILES[name]
    values = json.loads(Path(name).read_text(encoding="utf-8"))
    known = {field.name for field in fields(Profile)}
    if isinstance(values, dict):
        values.pop("extras", None)  # what a measurement found beside the profile
    if not isinstance(values, dict) or set(values) - known:
        raise ValueError(f"{name}: a profile has the fields {sorted(known)}")
    merged = asdict(PROFILES["gex44"]) | values
    return Profile(**(merged | {"eff": tuple(map(float, merged["eff"]))}))


class Clock:
    """Steps of one request at absolute times, so that the overshoot of a sleep does not add up."""

    def __init__(self) -> None:
        self._due = time.monotonic()

    async def wait(self, seconds: float) -> None:
        """Until `seconds` after the end of the previous step; always lets others run."""
        self._due += seconds
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
