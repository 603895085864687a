"""A large memory of the release before meets this one: when does it answer, and who notices the bringing over?

`python -m tests.prove.memory [--turns 500000]` makes a memory of schema 1 with so many turns (one conversation is very
long), starts the real service on it and lets customers write, to conversations of before and to new ones, until every
message is in the log. It prints how long each took, how long answers took meanwhile, and the same on an empty memory.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from loadtests.service import KEY, Server, message
from tests.store import old_release

CUSTOMERS = 4
PAUSE_S = 0.25
QUIET_S = 30.0
LONG = 10_000  # turns of the one long conversation, at most a tenth of all
_USUAL = 10  # turns of the others
_SESSION = "BOT_1"
_QUESTIONS = ("Сколько стоит тариф Рост?", "А на год?", "Есть доставка?", "Сколько стоит сканер?")
_ANSWER = "Тариф «Рост» стоит 14 900 ₸ в месяц: касса, склад и отчёты для одной точки. Сколько у вас точек?"


def fill(path: Path, turns: int) -> int:
    """A memory of schema 1; how many conversations it has."""
    with closing(old_release.blank(path)) as db:
        db.execute("PRAGMA cache_size=-400000")
        db.execute("BEGIN")
        sizes = list(_sizes(turns))
        for user, size in enumerate(sizes):
            waits, at = user % 9 == 0, 1_700_000_000.0 + user
            state = json.dumps(_state(size, waits), ensure_ascii=False)
            db.execute(
                "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at,"
                " updated_at) VALUES (?,?,1,?,?,?,?)",
                (_SESSION, f"old-{user}", size + (user % 5 == 0), state, at, at + size),
            )
            db.executemany(
                "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
                " record, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
                _rows(user, size, waits, at),
            )
            if user % 5 == 0:
                db.execute(
                    "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source,"
                    " created_at) SELECT session_id, user_id, revision + 1, request_id, id, ?, 'human', created_at"
                    " FROM turns WHERE session_id=? AND user_id=? AND revision=?",
                    ("Добрый день! Перезвоню через час.", _SESSION, f"old-{user}", size),
                )
        db.execute("COMMIT")
        return len(sizes)


def _sizes(turns: int) -> Iterator[int]:
    yield (long := min(LONG, turns // 10 or 1))
    left = turns - long
    while left > 0:
        yield min(_USUAL, left)
        left -= _USUAL


def _state(turns: int, waits: bool) -> dict[str, Any]:
    slots = {"name": "Айгуль", "shops": "2", "city": "Алматы"}
    return {"flow": "spin_selling", "stage": "problem", "slots": slots, "handed_over": waits, "turns": turns}


def _rows(user: int, size: int, waits: bool, at: float) -> Iterator[tuple[object, ...]]:
    for number in range(1, size + 1):
        text = _QUESTIONS[number % len(_QUESTIONS)]
        record = {
            "bot": "default",
            "ask": {"media": "text", "time_of_day": None, "timezone": None, "flow_name": None},
            "now": at + number,
            "before": _state(number - 1, waits and number == size),
            "history": min(number - 1, 24),
            "query": text,
            "found": [[f"tariffs#{place}", 12.3456] for place in range(8)],
            "prompt": "0" * 64,
            "drafts": [{"text": _ANSWER * 2, "model": "qwen3:14b", "ending": "ok", "used": ["tariffs#1"]}],
            "verdict": {"ok": True, "findings": [], "repairs": []},
        }
        response = json.dumps({"answer": _ANSWER, "meta": {"model": "qwen3:14b", "sections": ["tariffs#1"] * 4}})
        details = json.dumps(record, ensure_ascii=False)
        request = f"old-{user}-{number}"
        yield _SESSION, f"old-{user}", number, request, "0" * 64, text, _ANSWER, response, details, at + number


async def customers(server: Server, known: int, over: Callable[[], bool]) -> list[float]:
    """Seconds of every answer to customers who write until `over`; half of them were there before, if any were."""
    rng, took = random.Random(7), []
    headers = {"Authorization": f"Bearer {KEY}"}

    async def customer(number: int) -> None:
        async with httpx.AsyncClient(
            base_url=server.url, headers=headers, timeout=60, trust_env=False, verify=False
        ) as client:
            turn = 0
            while not over():
                turn += 1
                user = f"old-{rng.randrange(known)}" if known and turn % 2 else f"new-{number}"
                started = time.monotonic()
                text = rng.choice(_QUESTIONS)
                response = await client.post("/api/v1/process", json=message(text, user=user, session=_SESSION))
                took.append(time.monotonic() - started)
                assert response.status_code == 200, response.text
                await asyncio.sleep(PAUSE_S)

    await asyncio.gather(*(customer(number) for number in range(CUSTOMERS)))
    return took


def left(server: Server) -> float:
    text = httpx.get(f"{server.url}/metrics", trust_env=False, timeout=30).text
    line = next(each for each in text.splitlines() if each.startswith("machine_conversations_unlogged "))
    return float(line.rsplit(" ", 1)[1])


def until(done: Callable[[], bool], every_s: float) -> Callable[[], bool]:
    """`done`, asked at most every so many seconds."""
    asked, said = time.monotonic(), False

    def over() -> bool:
        nonlocal asked, said
        if not said and time.monotonic() - asked >= every_s:
            asked, said = time.monotonic(), done()
        return said

    return over


def say(name: str, took: list[float]) -> float:
    """Prints how long answers took; p95 in seconds."""
    p50, p95 = (statistics.quantiles(took, n=100, method="inclusive")[each] for each in (49, 94))
    print(
        f"{name}: {len(took)} answers, p50 {p50 * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, worst {max(took) * 1e3:.0f} ms"
    )
    return p95


def started(data: Path, user: str) -> tuple[Server, float]:
    """The service, and the seconds until it had answered a first message of `user`."""
    began = time.monotonic()
    server = Server(data).start()
    with server.client() as client:
        body = message("привет", user=user, session=_SESSION)
        client.post("/api/v1/process", json=body).raise_for_status()
    return server, time.monotonic() - began


def on_empty(data: Path) -> float:
    """Prints what customers of an empty memory meet; their p95."""
    server, first_s = started(data, "new-0")
    try:
        print(f"an empty memory: the first turn is answered after {first_s:.1f} s")
        end = time.monotonic() + QUIET_S
        return say("  its customers", asyncio.run(customers(server, 0, lambda: time.monotonic() > end)))
    finally:
        server.stop()


def on_large(data: Path, turns: int) -> float:
    """Prints what customers of a large memory of schema 1 meet; their p95."""
    data.mkdir(mode=0o700)
    began = time.monotonic()
    known = fill(data / "conversations.db", turns)
    size, took_s = (data / "conversations.db").stat().st_size >> 20, time.monotonic() - began
    print(f"{turns:,} turns in {known:,} conversations, {size:,} MB (made in {took_s:.0f} s)", flush=True)
    began = time.monotonic()
    server, first_s = started(data, "old-1")
    print(f"  the first turn is answered after {first_s:.1f} s", flush=True)
    try:
        took = asyncio.run(customers(server, known, until(lambda: left(server) == 0, 1.0)))
        all_s, size = time.monotonic() - began, (data / "conversations.db").stat().st_size >> 20
        print(f"  all is brought over after {all_s:.0f} s; then it has {size:,} MB")
        meanwhile = say("  its customers meanwhile", took)
        end = time.monotonic() + QUIET_S
        # The same machine minutes later: on one that has other work too, the empty memory's figure is of another hour.
        afterwards = say("  and afterwards", asyncio.run(customers(server, known, lambda: time.monotonic() > end)))
    finally:
        server.stop()
    print(f"  p95 meanwhile is {meanwhile / afterwards:.2f} times that afterwards")
    return meanwhile


def missing(database: Path) -> tuple[int, int]:
    """Conversations that are left behind, and turns that are not in the log with their question and answer."""
    with closing(sqlite3.connect(database)) as db:
        (behind,) = db.execute("SELECT count(*) FROM conversations WHERE logged < revision").fetchone()
        (unlogged,) = db.execute(
            "SELECT count(*) FROM turns t WHERE 2 <> (SELECT count(*) FROM messages m WHERE m.turn_id = t.id"
            " AND m.replaces IS NULL)"
        ).fetchone()
    return behind, unlogged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=500_000)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as place:
        beside = on_empty(Path(place, "empty"))
        ratio = on_large(Path(place, "data"), turns) / beside
        behind, unlogged = missing(Path(place, "data", "conversations.db"))
    print(f"p95 is {ratio:.2f} times that of an empty memory; {behind} conversations behind, {unlogged} turns missing")
    raise SystemExit(bool(behind or unlogged))


if __name__ == "__main__":
    main()
