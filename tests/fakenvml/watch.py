"""Runs a GpuMonitor and answers each line on standard input with what it knows, as one line of JSON.

pynvml loads the driver library once per process, so every scenario needs a process of its own.
"""

import asyncio
import json
import sys
import threading
import time
from dataclasses import asdict

from app.health.gpu import GpuMonitor
from app.settings import load
from app.telemetry import Telemetry, configure_logging

_BEAT_S = 0.01


async def main() -> None:
    configure_logging("info", sys.stderr)
    telemetry = Telemetry(b"key")
    monitor = GpuMonitor(load().gpu, telemetry)
    lags = [0.0]
    beating = asyncio.create_task(_beat(lags))
    await asyncio.sleep(2 * _BEAT_S)  # the heart beats before anything may hold it up
    started = time.monotonic()
    await monitor.start()
    start_s = time.monotonic() - started
    while (await asyncio.to_thread(sys.stdin.readline)).strip() != "close":
        latest = monitor.latest()
        print(
            json.dumps(
                {
                    "kind": type(latest).__name__,
                    "latest": None if latest is None else asdict(latest),
                    "throttled": getattr(latest, "throttled", ()),
                    "reasons": getattr(latest, "reasons", ()),
                    "threads": [thread.name for thread in threading.enumerate() if thread.name.startswith("gpu-")],
                    "metrics": dict(_samples(telemetry)),
                    "lag_s": max(lags),
                    "start_s": start_s,
                }
            ),
            flush=True,
        )
    started = time.monotonic()
    await monitor.close()
    await monitor.close()
    beating.cancel()
    print(json.dumps({"close_s": time.monotonic() - started}), flush=True)


async def _beat(lags: list[float]) -> None:
    """How long the event loop was ever held up, in seconds."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(_BEAT_S)
        lags.append(time.monotonic() - before - _BEAT_S)


def _samples(telemetry: Telemetry) -> list[tuple[str, float]]:
    lines = telemetry.exposition().decode().splitlines()
    pairs = [line.rpartition(" ") for line in lines if line.startswith("machine_gpu_")]
    return [(name, float(value)) for name, _, value in pairs if "_created" not in name]


if __name__ == "__main__":
    asyncio.run(main())
