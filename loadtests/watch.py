"""Samples of /metrics and of the service's process while a run goes on."""

import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

_GPU = ("machine_gpu_memory_used_bytes", "machine_gpu_utilisation_ratio", "machine_gpu_power_watts",
        "machine_gpu_temperature_celsius")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """`at`: seconds of the wall since the epoch. Sums and counts go on growing; `rss` is in bytes, None unknown."""

    at: float
    stage_sums: dict[str, float] = field(default_factory=dict)
    stage_counts: dict[str, float] = field(default_factory=dict)
    running: float = 0.0
    waiting: float = 0.0
    refusals: float = 0.0
    turns: float = 0.0
    tokens: dict[str, float] = field(default_factory=dict)
    calls: float = 0.0
    gpu: dict[str, float] = field(default_factory=dict)
    rss: int | None = None
    files: int | None = None

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def parse(text: str, at: float) -> Sample:
    """The service's metrics in Prometheus' text format."""
    sums: dict[str, float] = {}
    counts: dict[str, float] = {}
    tokens: dict[str, float] = {}
    gpu: dict[str, float] = {}
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for name, labels, value, *_ in family.samples:
            if name == "machine_stage_seconds_sum":
                sums[labels["stage"]] = value
            elif name == "machine_stage_seconds_count":
                counts[labels["stage"]] = value
            elif name == "machine_model_tokens_total":
                tokens[labels["kind"]] = value
            elif name in _GPU:
                gpu[name.removeprefix("machine_gpu_")] = value
            else:
                totals[name] = totals.get(name, 0.0) + value
    return Sample(
        at=at,
        stage_sums=sums,
        stage_counts=counts,
        running=totals.get("machine_turns_running", 0.0),
        waiting=totals.get("machine_turns_waiting", 0.0),
        refusals=totals.get("machine_refusals_total", 0.0),
        turns=totals.get("machine_turns_total", 0.0),
        tokens=tokens,
        calls=totals.get("machine_model_calls_total", 0.0),
        gpu=gpu,
    )


class Watch:
    """`with Watch(url, pid) as watch:` has `watch.samples`, one every `every_s` seconds of the wall.

    `url` "": nothing but the process; `pid` None: nothing but the metrics. A look that fails is left out and counted
    in `missed`.
    """

    def __init__(self, url: str, pid: int | None = None, every_s: float = 1.0) -> None:
        self.samples: list[Sample] = []
        self.missed = 0
        self._url = url
        self._pid = pid
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        with httpx.Client(timeout=5, trust_env=False, verify=False) as client:  # nosec B501 - own tunnel to loopback, no key
            while True:
                try:
                    self.samples.append(self._look(client))
                except (httpx.HTTPError, OSError):
                    self.missed += 1
                if self._stop.wait(self._every_s):
                    return

    def _look(self, client: httpx.Client) -> Sample:
        at = time.time()
        sample = Sample(at)
        if self._url:
            response = client.get(f"{self._url}/metrics")
            response.raise_for_status()
            sample = parse(response.text, at)
        if self._pid is None:
            return sample
        rss, files = process(self._pid)
        values = {name: getattr(sample, name) for name in Sample.__dataclass_fields__}
        return Sample(**(values | {"rss": rss, "files": files}))


def process(pid: int) -> tuple[int, int]:
    """(resident bytes, open files) of a process of this machine. Raises OSError when it is gone."""
    folder = Path("/proc") / str(pid)
    line = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024, sum(1 for _ in (folder / "fd").iterdir())


def slope(points: Iterable[tuple[float, float]]) -> float:
    """The straight line of least squares: its rise per unit of x; 0.0 for fewer than two different x."""
    pairs = list(points)
    if not pairs:
        return 0.0
    middle_x = sum(x for x, _ in pairs) / len(pairs)
    middle_y = sum(y for _, y in pairs) / len(pairs)
    spread = sum((x - middle_x) ** 2 for x, _ in pairs)
    return sum((x - middle_x) * (y - middle_y) for x, y in pairs) / spread if spread else 0.0
