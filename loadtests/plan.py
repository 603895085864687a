"""What one run does. The runner writes it, Locust's process reads it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VARIABLE = "LOADTEST_PLAN"
"""Environment variable with the path of the plan's JSON."""

PATIENCE_S = 90.0
"""A caller's timeout, of the model: well above the service's deadline."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Times are model seconds and minutes: `speed` of them pass in one of the wall."""

    host: str
    key: str
    records: str
    """File that gets a JSON line for every request."""
    shape: str = "steady"
    speed: float = 1.0
    users: int = 10
    """Customers in conversation at the shape's level 1."""
    minutes: float = 10.0
    dialogues: int = 0
    """Ends the run after so many conversations, whatever `minutes` says; 0: by time."""
    think_s: float = 60.0
    """Mean of the exponential time between an answer and the customer's next message."""
    sessions: tuple[str, ...] = ("LOAD_1",)
    without: tuple[str, ...] = ()
    """Personas that do not take part."""
    least: int = 3
    most: int = 10
    returning: float = 0.2
    retries: float = 0.02
    hangups: float = 0.01
    bursts: float = 0.05
    seed: int = 1

    def wall_s(self, model_s: float) -> float:
        """Seconds of the wall for seconds of the model."""
        return model_s / self.speed

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), "utf-8")


def load_plan(path: Path | None = None) -> Plan:
    """The plan of `path`, or of the file that the environment names. Raises KeyError without either."""
    values: dict[str, Any] = json.loads((path or Path(os.environ[VARIABLE])).read_text("utf-8"))
    lists: dict[str, Any] = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Plan(**(values | lists))
