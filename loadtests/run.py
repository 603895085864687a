"""`python -m loadtests.run`: customers against the service, the gate, the report. See docs/load.md.

Without --host it starts the service and the emulated model server, on a clock that is `--speed` times as fast.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.capacity.queueing import Card, Load
from app.capacity.table import highest_rate, load_card
from app.errors import MachineError
from loadtests import gate, record, report
from loadtests.check import Consistency, against_store, by_replay
from loadtests.plan import PATIENCE_S, VARIABLE, Plan
from loadtests.shapes import SHAPES, users_for
from loadtests.watch import Watch

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "loadtests" / "out"
_FRESH = 408  # tokens of a prompt that no cache holds, as measured: docs/latency.md
_ANSWERED_S = 9.0  # what an answer takes among others, to reckon the number of customers from
_SHOW_S = 5.0
_RUSSIAN_ONLY = ("kazakh", "switcher")  # the emulated model cannot translate the Russian facts for these
_SESSIONS = ("BOT_1", "BOT_2", "north_1", "south_1")


@dataclass(frozen=True, slots=True)
class Target:
    """What is tested. `metrics` "": cannot be had.

    `verify` is called when the run is over; `sizes` too: tokens of a model call, when the model server itself says so.
    """

    url: str
    key: str
    sessions: tuple[str, ...]
    metrics: str
    pid: int | None
    verify: Callable[[Sequence[record.Record]], Consistency]
    about: str
    sizes: Callable[[], dict[str, float]] = dict


@contextmanager
def emulated(options: argparse.Namespace, answer: int) -> Iterator[Target]:
    """The service of this checkout against the emulated model server."""
    from loadtests.rig import Rig
    from loadtests.service import KEY

    knowledge = str(ROOT / "kb")
    bots = {name: {"sessions": [f"{name}_*"], "kb": knowledge} for name in ("north", "south")}
    changes = dict(pair.split("=", 1) for pair in options.set)
    environ = {f"MACHINE_{name.upper().replace('.', '__')}": value for name, value in changes.items()}
    with Rig(options.speed, "--answer-tokens", str(answer), profile=options.profile, settings={"bots": bots},
             **{"MACHINE_LLM__ANSWER_TOKENS": str(max(160, answer)), **environ}) as rig:  # fmt: skip
        yield Target(
            url=rig.server.url,
            key=KEY,
            sessions=_SESSIONS,
            metrics=rig.server.url,
            pid=rig.server.process.pid,
            verify=lambda records: against_store(rig.server.data / "conversations.db", records),
            about=f"this checkout against the emulated model server, profile {options.profile}",
            sizes=lambda: served(rig.emulator.stats()),
        )


def served(stats: Mapping[str, Any]) -> dict[str, float]:
    """Tokens of an answer's call as the emulated model server counts them, also of answers whose end nobody waited for.

    What was asked beside an answer is counted with it.
    """
    calls = max(1, stats["calls"] - stats["choices"])
    return {
        "prompt": stats["prompt_tokens"] / calls,
        "fresh": (stats["prompt_tokens"] - stats["cached_tokens"]) / calls,
        "answer": stats["output_tokens"] / calls,
    }


@contextmanager
def remote(options: argparse.Namespace) -> Iterator[Target]:
    """A running machine; what was said is checked by asking again under the same request_ids."""
    headers = {"Authorization": f"Bearer {options.key}"}
    with httpx.Client(base_url=options.host, headers=headers, timeout=60) as client:
        yield Target(
            url=options.host.rstrip("/"),
            key=options.key,
            sessions=tuple(options.sessions.split(",")),
            metrics=options.metrics.rstrip("/"),
            pid=None,
            verify=lambda records: by_replay(client, records),
            about=f"the machine at {options.host}",
        )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One whole run; returns the report and leaves it in `options.out`."""
    card, budget = load_card(options.card), gate.load_budget(options.shape, options.budget)
    former = report.former(options.compare)  # before the run, as the folder: a wrong name must not cost its result
    options.out.mkdir(parents=True, exist_ok=True)
    goal = options.rate or highest_rate(card, Load(1.0, _FRESH, options.answer))
    with (
        tempfile.TemporaryDirectory(prefix="loadtest-") as folder,
        remote(options) if options.host else emulated(options, options.answer) as target,
    ):
        plan = _plan(options, target, Path(folder), goal)
        sys.stdout.write(f"{target.about}: {plan.shape}, {goal:.1f} messages a model minute, {plan.users} customers\n")
        with Watch(target.metrics, target.pid, _look_s(plan)) as watch:
            status = _locust(plan, Path(folder), watch)
        time.sleep(plan.wall_s(2.0))  # what is written behind answers
        records = record.read(Path(plan.records))
        sizes = target.sizes() or gate.sizes(watch.samples)
        consistency = target.verify(records)
    if status:
        raise RuntimeError(f"Locust ended with {status}")
    return _reported(options, plan, card, budget, former, target.about, records, watch, consistency, sizes)


def _plan(options: argparse.Namespace, target: Target, folder: Path, goal: float) -> Plan:
    soak = options.shape == "soak"
    think_s = options.think or (2.0 if soak else 60.0)
    return Plan(
        host=target.url,
        key=target.key,
        records=str(folder / "records.jsonl"),
        shape=options.shape,
        speed=options.speed,
        users=8 if soak else users_for(goal, think_s, _ANSWERED_S),
        minutes=options.minutes,
        dialogues=options.dialogues or (2000 if soak else 0),
        think_s=think_s,
        sessions=target.sessions,
        without=() if options.host else _RUSSIAN_ONLY,
        most=6 if soak else 10,
        seed=options.seed,
    )


def _look_s(plan: Plan) -> float:
    """Seconds of the wall between two samples: some 120 in a run, at most two a second."""
    return max(0.5, min(5.0, plan.wall_s(plan.minutes * 60) / 120))


def _locust(plan: Plan, folder: Path, watch: Watch) -> int:
    """Runs Locust to its end, showing where it stands; its exit status."""
    path = folder / "plan.json"
    plan.write(path)
    command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py")), "--headless",
               "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", f"{last_answers_s(plan):.0f}s",
               "--loglevel", "WARNING", "--reset-stats"]  # fmt: skip
    environment = os.environ | {VARIABLE: str(path), "PYTHONPATH": str(ROOT)}
    with (folder / "locust.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        began = shown = time.monotonic()
        try:
            while process.poll() is None:
                time.sleep(0.2)
                if time.monotonic() - shown >= _SHOW_S:
                    shown = time.monotonic()
                    sys.stdout.write(progress(plan, shown - began, record.read(Path(plan.records)), watch) + "\n")
                    sys.stdout.flush()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
    if process.returncode:
        sys.stdout.write((folder / "locust.log").read_text("utf-8")[-4000:])
    return process.returncode


def last_answers_s(plan: Plan) -> float:
    """Seconds of the wall for answers still due at the end; a caller cut off before its timeout is seen by no limit."""
    return plan.wall_s(PATIENCE_S + 5) + 2


def progress(plan: Plan, wall_s: float, records: Sequence[record.Record], watch: Watch) -> str:
    """One line: model time, answers, refusals, what else, who waits, the slowest twentieth so far."""
    took = sorted(each.took_s * plan.speed for each in records if each.answered and each.arrival)
    codes = [each.status for each in records]
    other = sum(each.status not in (0, 200, 429) or (each.status == 200 and not each.answered) for each in records)
    last = watch.samples[-1] if watch.samples else None
    state = f", {last.running:.0f} at work, {last.waiting:.0f} waiting" if last else ""
    minutes, seconds = divmod(int(wall_s * plan.speed), 60)
    return (
        f"model time {minutes:3d}:{seconds:02d}  {len(took)} answered, {codes.count(429)} refused, {other} other"
        f"{state}, p95 {gate.quantile(took, 0.95):.1f} s"
    )


def _reported(
    options: argparse.Namespace, plan: Plan, card: Card, budget: Mapping[str, float], former: dict[str, Any] | None,
    about: str, records: Sequence[record.Record], watch: Watch, consistency: Consistency, sizes: Mapping[str, float],
) -> dict[str, Any]:  # fmt: skip
    load = Load(1.0, round(sizes.get("fresh", _FRESH)) or 1, round(sizes.get("answer", options.answer)) or 1)
    model = highest_rate(card, load)
    figures = gate.figures(records, watch.samples, consistency, plan, model)
    findings = gate.judge(figures, gate.checkable(budget, consistency))
    more = {
        "target": about,
        "card": {"decode_tps": card.decode_tps, "prefill_tps": card.prefill_tps, "gain": list(card.gain)},
        "tokens_per_call": {name: round(value, 1) for name, value in sizes.items()},
        "consistency": consistency.as_json(),
        "samples_missed": watch.missed,
    }
    found = report.build(plan, figures, findings, watch.samples, more)
    record.save(options.out / "records.jsonl", records)
    report.write(options.out, found, report.html(found, records, watch.samples, plan.speed, former))
    _show(found, former, options.out)
    return found


def _show(found: dict[str, Any], former: dict[str, Any] | None, out: Path) -> None:
    lines = [f"times: {found['times']}", f"tokens of a model call: {found['tokens_per_call']}"]
    lines += [f"  {name:<28} {'-' if value is None else f'{value:g}'}" for name, value in found["figures"].items()]
    lines += [f"checked against {found['consistency']['how']}: {found['consistency']['checked']} answers"]
    if former:
        rows = report.compared(found["figures"], former["figures"])
        lines += [f"  {name:<28} {old} -> {new}  {change}" for name, old, new, change in rows]
    broken = [each for each in found["gate"] if not each["ok"]]
    lines += [f"FAILED {each['name']}: {each['found']}, the limit is {each['limit']}" for each in broken]
    lines += [f"the gate {'failed' if broken else 'passed'}; report: {out / 'report.html'}"]
    sys.stdout.write("\n".join(lines) + "\n")


def parser() -> argparse.ArgumentParser:
    """The command line; `make load` hands its variables on."""
    found = argparse.ArgumentParser(prog="python -m loadtests.run", description="A load test with a gate and a report.")
    found.add_argument("--shape", choices=sorted(SHAPES), default="steady")
    found.add_argument("--speed", type=float, default=0.0, help="model seconds a second of the wall [10; a host: 1]")
    found.add_argument("--host", default="", help="a running machine in place of this checkout")
    found.add_argument("--key", default=os.environ.get("LOADTEST_KEY", ""), help="its API key [of LOADTEST_KEY]")
    found.add_argument("--sessions", default="LOAD_1", help="session_ids there, with commas")
    found.add_argument("--metrics", default="", help="where its /metrics can be had, such as an SSH tunnel's address")
    found.add_argument("--minutes", type=float, default=20.0, help="model minutes")
    found.add_argument("--answer", type=int, default=120, help="tokens of an answer")
    found.add_argument("--rate", type=float, default=0.0, help="messages a model minute [what the model carries]")
    found.add_argument("--think", type=float, default=0.0, help="mean model seconds between answer and message")
    found.add_argument("--dialogues", type=int, default=0, help="ends after so many conversations")
    found.add_argument("--profile", default="", help="emulated card: gex44, instant, FILE [gex44; soak: instant]")
    found.add_argument("--card", type=Path, default=None, help="JSON of the card that the model reckons with [a GEX44]")
    found.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the service")
    found.add_argument("--budget", type=Path, default=gate.BUDGET)
    found.add_argument("--compare", type=Path, default=None, help="report.json of a former run")
    found.add_argument("--out", type=Path, default=OUT)
    found.add_argument("--seed", type=int, default=1)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 passed, 1 the gate failed, 2 no run came about."""
    options = parser().parse_args(arguments)
    if options.host and not options.key:
        sys.stderr.write("a host needs its API key: KEY=...\n")
        return 2
    options.speed = 1.0 if options.host else options.speed or 10.0
    options.profile = options.profile or ("instant" if options.shape == "soak" else "gex44")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what was started is ended with it
    try:
        return 0 if run(options)["passed"] else 1
    except (OSError, RuntimeError, ValueError, httpx.HTTPError, MachineError) as error:
        sys.stderr.write(f"no run: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
