"""`python -m tests.prove.model [name ...]`: the promises of the model's part of a turn, with their figures.

calls      one model call per turn over scripted dialogues; how much earlier the reply leaves than the stream ends
faults     every fault of the model server, again and again: what callers get, and what is left behind
hangup     callers that leave after a second: when the server sees it, and what the store holds
overload   four times the capacity for five model minutes, three bots: deadlines, refusals, throughput, fairness
cache      the share of prompt tokens that the server's prefix cache keeps over dialogues of twenty turns
"""

import asyncio
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from loadtests.emulators.faults import KINDS
from loadtests.rig import DEADLINE_S, Rig, customers
from loadtests.service import ROOT, message

_PATH = "/api/v1/process"


def calls(dialogues: int = 200, seed: int = 1) -> dict[str, Any]:
    """Every turn of `dialogues` conversations makes one call of the model, and a short one where nothing tells what it is
    for."""
    with Rig(profile="instant") as rig:

        async def play() -> int:
            async with rig.client() as client:
                places = asyncio.Semaphore(4)

                async def talk(user: str, texts: list[str]) -> int:
                    async with places:
                        for text in texts:
                            response = await client.post(_PATH, json=message(text, user=user))
                            assert response.status_code == 200, response.text
                    return len(texts)

                return sum(await asyncio.gather(*(talk(user, texts) for user, texts in customers(dialogues, seed))))

        turns = asyncio.run(play())
        stats = rig.emulator.stats()
        corrected = rig.metric('machine_stage_seconds_count{stage="repair"}')
    return {"dialogues": dialogues, "turns": turns, "model_calls": stats["calls"], "of_them_corrections": corrected,
            "of_them_what_a_message_is_for": stats["choices"]}  # fmt: skip


def early(turns: int = 20, speed: float = 5) -> dict[str, Any]:
    """How long the model goes on writing behind answers that have left, in model milliseconds."""
    with Rig(speed, "--answer-tokens", "120", FF_timings="true") as rig:
        rig.emulator.state(fields={"slots": {"pain_point": "недостача каждый месяц и ручной учёт в тетради"}})

        async def play() -> list[float]:
            behind = []
            async with rig.client() as client:
                for number in range(turns):
                    body = message("Сколько стоит тариф Рост?", user=f"early-{number}")
                    assert (await client.post(_PATH, json=body)).status_code == 200
                    left = time.monotonic()
                    while rig.emulator.stats()["streams"]:  # noqa: ASYNC110 - another process, which sends no events
                        await asyncio.sleep(0.002)
                    behind.append((time.monotonic() - left) * 1000 * speed)
            return sorted(behind)

        behind = asyncio.run(play())
    return {"turns": turns, "still_writing_ms": {"least": round(behind[0]), "median": round(behind[turns // 2])}}


def faults(times: int = 20, speed: float = 20, kinds: Sequence[str] = ()) -> dict[str, Any]:
    """Each fault `times` times: status codes, the slowest reply, and turns that were refused yet committed."""
    found: dict[str, Any] = {}
    with Rig(speed) as rig:
        for kind in kinds or sorted(KINDS):
            found[kind] = faults_of(rig, kind, times)
    return found


def faults_of(rig: Rig, kind: str, times: int) -> dict[str, Any]:
    """One fault, `times` times, against a rig that is running."""
    return asyncio.run(_one_fault(rig, kind, times))


async def _one_fault(rig: Rig, kind: str, times: int) -> dict[str, Any]:
    statuses: Counter[int] = Counter()
    slowest, wrong = 0.0, []
    async with rig.client() as client:
        for number in range(times):
            await _recovered(rig, client)
            rig.emulator.clear_faults()
            rig.emulator.fault(kind, **_arguments(kind, rig.speed))
            user = f"fault-{kind}-{number}"
            started = time.monotonic()
            response = await client.post(_PATH, json=message("Сколько стоит тариф Рост?", user=user))
            slowest = max(slowest, time.monotonic() - started)
            statuses[response.status_code] += 1
            body = response.json()
            if response.status_code == 200 and not body.get("answer", "").strip():
                wrong.append("200 without an answer")
            if response.status_code != 200 and set(body) != {"error"}:
                wrong.append("an error outside the contract")
            if (response.status_code == 200) != (_turns(rig, user) == 1):
                wrong.append("answered and not committed, or the other way round")
        rig.emulator.clear_faults()
        recovered_s = await _recovered(rig, client)
    return {
        "statuses": dict(statuses),
        "slowest_model_s": round(slowest * rig.speed, 1),
        "late": slowest > rig.deadline_s + 1 / rig.speed + _NOISE_S,
        "wrong": wrong,
        "recovered_model_s": round(recovered_s * rig.speed, 1),
    }


_NOISE_S = 0.15  # of the wall, on a busy machine
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 6.0},
    "slow": {"seconds": 1.0},
    "text": {"text": "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин."},
    "json": {"text": '{"answer": "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.", "human": false}'},
}
"""Seconds as the model server lives them."""


def _arguments(kind: str, speed: float) -> dict[str, Any]:
    return {key: value / speed if key == "seconds" else value for key, value in _ARGUMENTS.get(kind, {}).items()}


async def _recovered(rig: Rig, client: httpx.AsyncClient) -> float:
    """Seconds until a turn succeeds again with nobody's help. Raises AssertionError after two minutes' model time."""
    started = time.monotonic()
    while time.monotonic() - started < max(6.0, 120 / rig.speed):
        response = await client.post(_PATH, json=message("Здравствуйте", user=f"probe-{time.monotonic_ns()}"))
        if response.status_code == 200:
            return time.monotonic() - started
        await asyncio.sleep(0.02)
    raise AssertionError(f"no recovery: {response.text}")


def hangup(times: int = 20, speed: float = 1) -> dict[str, Any]:
    """Callers that leave after a second of the wall."""
    waits, ghosts = [], 0
    with Rig(speed, "--answer-tokens", "200") as rig:
        for number in range(times):
            user = f"gone-{number}"
            before = len(rig.emulator.stats()["cancels"])
            left = asyncio.run(_leave(rig, user))
            while len(cancels := rig.emulator.stats()["cancels"]) == before and time.monotonic() - left < 5:
                time.sleep(0.005)
            waits.append((cancels[-1]["at"] - left) * 1000 if len(cancels) > before else float("inf"))
            ghosts += _turns(rig, user)
    return {"hangups": times, "seen_after_ms": {"median": round(sorted(waits)[times // 2]), "most": round(max(waits))},
            "turns_in_the_store": ghosts}  # fmt: skip


async def _leave(rig: Rig, user: str) -> float:
    async with rig.client() as client:
        task = asyncio.create_task(client.post(_PATH, json=message("Сколько стоит тариф Рост?", user=user)))
        await asyncio.sleep(1.0)
        task.cancel()
        left = time.monotonic()
        await asyncio.gather(task, return_exceptions=True)
    return left


def overload(model_minutes: float = 5, speed: float = 8, factor: float = 4, answer: int = 120) -> dict[str, Any]:
    """`factor` times the capacity as Poisson arrivals; one of the three bots sends most of them."""
    bots = {name: {"sessions": [f"{name}_*"], "kb": str(ROOT / "kb")} for name in ("loud", "calm")}
    with Rig(speed, "--answer-tokens", str(answer), settings={"bots": bots}) as rig:
        capacity = _capacity(rig, answer)
        rig.emulator.reset()
        result = asyncio.run(_overload(rig, capacity * factor, model_minutes * 60 / speed))
        stats = rig.emulator.stats()
    wall_s = result.pop("wall_s")
    accepted = result["answered"] / wall_s
    return result | {
        "model_minutes": model_minutes,
        "capacity_per_model_minute": round(capacity * 60 / speed, 1),
        "accepted_per_model_minute": round(accepted * 60 / speed, 1),
        "accepted_of_capacity": round(accepted / capacity, 3),
        "peak_streams": stats["peak_streams"],
        "peak_queue_at_the_server": stats["peak_queue"],
    }


def _capacity(rig: Rig, answer: int) -> float:
    """Answered turns a second of the wall with four callers that never pause: what the server can do at most."""

    async def closed_loop() -> float:
        done = 0
        until = time.monotonic() + 90 / rig.speed
        async with rig.client() as client:

            async def caller(number: int) -> None:
                nonlocal done
                rng = random.Random(number)
                turn = 0
                while time.monotonic() < until:
                    body = message(rng.choice(_QUESTIONS), user=f"loop-{number}-{turn}", session="loud_1")
                    response = await client.post(_PATH, json=body)
                    done += response.status_code == 200
                    turn += 1

            started = time.monotonic()
            await asyncio.gather(*(caller(number) for number in range(4)))
            return done / (time.monotonic() - started)

    return asyncio.run(closed_loop())


_QUESTIONS = (
    "Сколько стоит тариф Рост?", "Есть пробный период?", "Можно перенести товары из Excel?", "Работает без интернета?",
    "Как подключить кассу?", "Есть мобильное приложение?", "Сколько стоит обучение?", "Как оплатить?",
)  # fmt: skip


async def _overload(rig: Rig, rate: float, seconds: float) -> dict[str, Any]:
    rng = random.Random(7)
    answered: dict[str, list[float]] = {"loud": [], "calm": [], "default": []}
    refused: list[float] = []
    arrivals: Counter[str] = Counter()
    others: Counter[int] = Counter()

    async def one(client: httpx.AsyncClient, bot: str, number: int) -> None:
        session = {"loud": "loud_1", "calm": "calm_1", "default": "BOT_1"}[bot]
        started = time.monotonic()
        body = message(rng.choice(_QUESTIONS), user=f"o-{number}", session=session)
        response = await client.post(_PATH, json=body)
        took = time.monotonic() - started
        if response.status_code == 200:
            answered[bot].append(took)
        elif response.status_code == 429 and "retry-after" in response.headers:
            refused.append(took)
        else:
            others[response.status_code] += 1

    tasks = []
    async with rig.client() as client:
        began = time.monotonic()
        next_at = began
        while next_at < began + seconds:
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))
            bot = rng.choices(("loud", "calm", "default"), (0.8, 0.1, 0.1))[0]
            arrivals[bot] += 1
            tasks.append(asyncio.create_task(one(client, bot, len(tasks))))
            next_at += rng.expovariate(rate)
        await asyncio.gather(*tasks)
        wall_s = time.monotonic() - began
    times = sorted(took for each in answered.values() for took in each)
    refused.sort()
    return {
        "wall_s": wall_s,
        "arrivals": len(tasks),
        "answered": len(times),
        "refused_429": len(refused),
        "other_statuses": dict(others),
        "slowest_answer_model_s": round(times[-1] * rig.speed, 1),
        "answers_after_the_deadline": sum(took > rig.deadline_s + 0.05 for took in times),
        "refusal_ms": {"p50": round(_at(refused, 0.5) * 1000, 1), "p99": round(_at(refused, 0.99) * 1000, 1)},
        "answered_share_by_bot": {bot: round(len(got) / max(1, arrivals[bot]), 2) for bot, got in answered.items()},
    }


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def cache(dialogues: int = 12, turns: int = 20) -> dict[str, Any]:
    """The server's own count over dialogues of `turns` turns, four at a time, no two alike."""
    with Rig(1, "--answer-tokens", "120", profile="instant") as rig:

        async def play() -> None:
            async with rig.client() as client:
                places = asyncio.Semaphore(4)

                async def talk(user: str, texts: list[str]) -> None:
                    async with places:
                        for text in texts:
                            assert (await client.post(_PATH, json=message(text, user=user))).status_code == 200

                people = customers(dialogues, 5, least=turns, most=turns)
                await asyncio.gather(*(talk(user, texts) for user, texts in people))

        asyncio.run(play())
        stats = rig.emulator.stats()
    answers = stats["calls"] - stats["choices"]
    return {
        "dialogues": dialogues,
        "turns": turns * dialogues,
        "prompt_tokens_per_turn": round(stats["prompt_tokens"] / answers),
        "uncached_per_turn": round((stats["prompt_tokens"] - stats["cached_tokens"]) / answers),
        "cached_share": round(stats["cached_tokens"] / stats["prompt_tokens"], 3),
        "output_tokens_per_turn": round(stats["output_tokens"] / answers),
    }


def _turns(rig: Rig, user: str) -> int:
    with sqlite3.connect(rig.server.data / "conversations.db") as db:
        row = db.execute("SELECT count(*) FROM turns WHERE user_id = ?", (user,)).fetchone()
    return int(row[0])


PROOFS: dict[str, Callable[[], dict[str, Any]]] = {
    "calls": calls, "early": early, "faults": faults, "hangup": hangup, "overload": overload, "cache": cache,
}  # fmt: skip


def main(names: Sequence[str]) -> None:
    for name in names or tuple(PROOFS):
        started = time.monotonic()
        print(f"{name}: {json.dumps(PROOFS[name](), ensure_ascii=False, indent=1)}", flush=True)
        print(
            f"({time.monotonic() - started:.0f} s; a turn's deadline is {DEADLINE_S:.0f} model seconds)\n", flush=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
