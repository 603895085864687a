"""`python -m tests.bench [NAME...]`: the figures of docs/benchmarks.md, each measured against the real thing.

search      20,000 sections made up from a Zipf vocabulary: processor time of one search
open-loop   50 turns arrive each second for 50 customers, whatever the answers take: latency from the planned moment
saturated   50 callers send as fast as they are answered: turns a second, and what the memory holds afterwards
cold-start  from the start of the process to its first /health
typos       the questions of a JSON Lines file with one letter changed in half of their long words
            (--kb DIR --queries FILE)
"""

import argparse
import asyncio
import json
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from app.evaluation import evaluate_retrieval, read_queries
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.types import Section
from loadtests.service import KEY, Server, message

TODAY = datetime.now(UTC).date()
QUESTIONS = (
    "Здравствуйте, сколько стоит тариф Рост?",
    "а на год?",
    "есть ли рассрочка на оборудование",
    "у нас магазин одежды, 2 точки",
    "можно ли перенести товары из экселя",
    "как работает без интернета",
)


def percentiles(seconds: list[float]) -> str:
    p50, p95, p99 = np.percentile(seconds, [50, 95, 99]) * 1000
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"


def made_up_base(count: int, rng: random.Random) -> KnowledgeBase:
    """`count` sections of about 80 words from 30,000 pseudo-words with Zipf frequencies."""
    syllables = [c + v for c in "бвгджзклмнпрстфхцчш" for v in "аеиоуыя"]
    words = np.array(["".join(rng.choices(syllables, k=rng.randint(1, 5))) for _ in range(30_000)])
    weights = 1 / np.arange(1, len(words) + 1)
    drawn = np.random.default_rng(7).choice(words, size=count * 80, p=weights / weights.sum()).reshape(count, 80)

    def text(row: Any, start: int, end: int) -> str:
        return " ".join(row[start:end])

    return KnowledgeBase(
        tuple(
            Section(
                id=f"s{number}",
                category="made_up",
                title=text(row, 0, 4),
                text=text(row, 4, 50),
                questions=(text(row, 50, 56), text(row, 56, 62), text(row, 62, 68)),
                keywords=tuple(row[68:80]),
            )
            for number, row in enumerate(drawn)
        ),
        "0" * 64,
    )


def misspelt(text: str, seed: int) -> str:
    """One letter changed in about half of the words of five letters or more."""
    rng = random.Random(seed)
    letters = "абвгдежзийклмнопрстуфхцчшщъыьэюя"

    def change(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < 5 or rng.random() < 0.5:
            return word
        place = rng.randrange(len(word))
        return word[:place] + rng.choice(letters.replace(word[place].lower(), "")) + word[place + 1 :]

    return re.sub(r"[^\W_]+", change, text)


def search() -> None:
    rng = random.Random(7)
    base = made_up_base(20_000, rng)
    started = time.perf_counter()
    retriever = Retriever(base, today=TODAY)
    print(f"  index of 20,000 sections built in {time.perf_counter() - started:.1f} s")
    sections = rng.sample(base.sections, 1000)
    queries = [" ".join(rng.sample(section.text.split(), 5)) for section in sections]
    for name, texts in (("as written", queries), ("misspelt", [misspelt(q, n) for n, q in enumerate(queries)])):
        times, first = [], 0
        for text, section in zip(texts, sections, strict=True):
            started = time.process_time()  # one thread, no waiting: on a busy machine the wall clock tells of others
            found = retriever.search(text, top_k=5, today=TODAY)
            times.append(time.process_time() - started)
            first += bool(found) and found[0].section.id == section.id
        print(f"  search, {name}: {percentiles(times)}; the right section first in {first} of {len(texts)}")


async def turn(session: aiohttp.ClientSession, user: str, number: int) -> bool:
    body = message(QUESTIONS[number % len(QUESTIONS)], user=user, request_id=f"{user}-{number}")
    async with session.post("/api/v1/process", json=body) as response:
        await response.read()
        return response.status == 200


def caller(url: str) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {KEY}"}
    return aiohttp.ClientSession(url, headers=headers, connector=aiohttp.TCPConnector(limit=0))


async def open_loop(url: str, rate: int, keys: int, seconds: int) -> tuple[list[float], int]:
    times: list[float] = []
    failed = 0
    loop = asyncio.get_running_loop()

    async def one(number: int, planned: float) -> None:
        nonlocal failed
        failed += not await turn(session, f"open-{number % keys}", number)
        times.append(loop.time() - planned)

    async with caller(url) as session:
        start = loop.time() + 0.2
        tasks = []
        for number in range(rate * seconds):
            planned = start + number / rate
            await asyncio.sleep(max(0, planned - loop.time()))
            tasks.append(asyncio.ensure_future(one(number, planned)))
        await asyncio.gather(*tasks)
    return times, failed


async def closed_loop(url: str, callers: int, seconds: float) -> tuple[list[float], int]:
    times: list[float] = []
    failed = 0

    async def one(number: int, end: float) -> None:
        nonlocal failed
        turns = 0
        while (started := time.perf_counter()) < end:
            failed += not await turn(session, f"closed-{number}", turns)
            times.append(time.perf_counter() - started)
            turns += 1

    async with caller(url) as session:
        end = time.perf_counter() + seconds
        await asyncio.gather(*(one(number, end) for number in range(callers)))
    return times, failed


def http(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server:
        asyncio.run(closed_loop(server.url, 4, 1))  # warm
        if name == "open-loop":
            times, failed = asyncio.run(open_loop(server.url, 50, 50, 20))
            print(f"  50 arrivals/s over 50 keys for 20 s: {percentiles(times)}; {failed} failed of {len(times)}")
            return
        times, failed = asyncio.run(closed_loop(server.url, 50, 15))
        print(f"  50 callers for 15 s: {len(times) / 15:.0f} turns/s; {percentiles(times)}; {failed} failed")
        server.stop()
        db = sqlite3.connect(Path(folder) / "conversations.db")
        held = db.execute("SELECT count(*) FROM turns WHERE user_id LIKE 'closed-%'").fetchone()[0]
        state = [json.loads(row[0])["turns"] for row in db.execute("SELECT state FROM conversations")]
        print(f"  the memory holds {held} turns, its conversations count {sum(state)}")
        db.close()


def cold_start() -> None:
    times = []
    for _ in range(7):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            server = Server(Path(folder)).start()
            times.append(time.perf_counter() - started)
            server.stop()
    print(f"  cold start: median {statistics.median(times):.2f} s, worst {max(times):.2f} s of {len(times)}")


def typos(kb: Path, queries: Path) -> None:
    retriever = Retriever(load(kb), today=TODAY)
    asked = read_queries(queries)
    print(f"  as written: {evaluate_retrieval(retriever, asked, TODAY).as_json()}")
    for seed in range(3):
        changed = [replace(query, text=misspelt(query.text, 1000 * seed + n)) for n, query in enumerate(asked)]
        print(f"  misspelt, seed {seed}: {evaluate_retrieval(retriever, changed, TODAY).as_json()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ("search", "open-loop", "saturated", "cold-start", "typos")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(names)} [all but typos]")
    parser.add_argument("--kb", type=Path, help="knowledge base for typos")
    parser.add_argument("--queries", type=Path, help="JSON Lines for typos")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(names))
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}; known: {', '.join(names)}")
    for name in chosen.names or names[:4]:
        print(name, flush=True)
        if name == "search":
            search()
        elif name == "cold-start":
            cold_start()
        elif name == "typos":
            if not (chosen.kb and chosen.queries):
                parser.error("typos needs --kb and --queries")
            typos(chosen.kb, chosen.queries)
        else:
            http(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
