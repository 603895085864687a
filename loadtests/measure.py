"""`python -m loadtests.measure`: what only the machine itself can tell of its speed, as JSON.

It speaks to Ollama itself, so run it on the machine or through a tunnel, and while no customer writes. The file has the
form of an emulated card's profile; `machine capacity --profile` and `python -m loadtests.run --card` read it too.

How long an answer is must not be the model's choice: a form forces it, a list of numbers that cannot end before.
A figure that cannot be had is named, under `extras` too, and the others are measured all the same.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from loadtests.tried import Missing, Tried
from loadtests.watch import parse

_LONG = "Перечисли по порядку, словами и через запятую, все числа от одного до тысячи. Не останавливайся."
_FILLER = "Клиент спросил, сколько стоит доставка в соседний город, и менеджер ответил подробно. "
_OUTPUT = 240  # tokens that a stream may write
_SETTLE = 4  # tokens of a stream that are not timed
_FILLERS = (
    (12, 60),
    (6, 30),
    (3, 15),
)  # of two prompts whose difference gives the speed of reading; less where too long
_BUSY_S = 8.0  # for which answers must take all places
_LEAST_TOKENS = 20
_QUESTION = "Сколько стоит тариф Рост?"


@dataclass(frozen=True, slots=True)
class Server:
    """An Ollama. `options` are those of the service: any other value would load the model again."""

    http: httpx.AsyncClient
    model: str
    options: dict[str, Any]

    def request(self, text: str, tokens: int) -> dict[str, Any]:
        """The body of a chat that nothing in a cache resembles, and whose answer has so many tokens at least."""
        return {
            "format": {"type": "array", "items": {"type": "integer"}, "minItems": tokens},
            "truncate": False,
            "model": self.model,
            "messages": [{"role": "user", "content": f"{uuid.uuid4().hex}: {text}"}],
            "think": False,
            "keep_alive": -1,
            "options": {**self.options, "num_predict": tokens, "temperature": 0.7},
        }

    async def stream(self, text: str, tokens: int) -> AsyncIterator[dict[str, Any]]:
        """The lines of a chat. Raises httpx.HTTPError, RuntimeError for an error that the server tells."""
        async with self.http.stream("POST", "/api/chat", json=self.request(text, tokens)) as response:
            if response.status_code != 200:
                raise RuntimeError(f"Ollama: {response.status_code} {(await response.aread()).decode()[:200]}")
            async for line in response.aiter_lines():
                value: dict[str, Any] = json.loads(line)
                if "error" in value:
                    raise RuntimeError(f"Ollama: {value['error']}")
                yield value

    async def load(self, keep_alive: int) -> float:
        """Loads the model, or with 0 lets it go; seconds."""
        began = time.perf_counter()
        body = {"model": self.model, "messages": [], "keep_alive": keep_alive, "options": self.options, "stream": False}
        response = await self.http.post("/api/chat", json=body)
        response.raise_for_status()
        return time.perf_counter() - began


async def decode(server: Server, streams: int) -> float:
    """Tokens a second of `streams` answers together, counted only while all of them grow."""
    grown: list[list[float]] = [[] for _ in range(streams)]

    async def write(moments: list[float]) -> None:
        async for line in server.stream(_LONG, _OUTPUT):
            if not line["done"]:
                moments.append(time.perf_counter())

    await asyncio.gather(*(write(moments) for moments in grown))
    if any(len(moments) < _SETTLE + _LEAST_TOKENS for moments in grown):
        raise Missing(f"answers of {[len(moments) for moments in grown]} tokens are too short to be timed")
    begin = max(moments[_SETTLE] for moments in grown)
    end = min(moments[-1] for moments in grown)
    written = sum(begin < moment <= end for moments in grown for moment in moments)
    if written < _LEAST_TOKENS * streams / 2 or end <= begin:
        raise Missing(f"{streams} answers did not grow at the same time: has OLLAMA_NUM_PARALLEL {streams} places?")
    return written / (end - begin)


async def prefill(server: Server, times: int = 3) -> float:
    """Prompt tokens a second, from the difference of two lengths, so that fixed costs fall out; the median."""
    for lengths in _FILLERS:
        try:
            found = [await _reading(server, lengths) for _ in range(times)]
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 400 or lengths == _FILLERS[-1]:
                raise
            continue  # longer than the context: a coarse vocabulary makes twice as many tokens of it
        return statistics.median(found)
    raise AssertionError("the last lengths end the loop")


async def _reading(server: Server, lengths: tuple[int, int]) -> float:
    (few, short_s), (many, long_s) = [await _read(server, fillers) for fillers in lengths]
    if long_s <= short_s:
        raise Missing(f"{many} tokens were read in no more time than {few}: {long_s:.3f} s, {short_s:.3f} s")
    return (many - few) / (long_s - short_s)


async def _read(server: Server, fillers: int) -> tuple[int, float]:
    """(tokens, seconds) of reading a prompt, by the server's own clock."""
    response = await server.http.post("/api/chat", json=server.request(_FILLER * fillers, 1) | {"stream": False})
    response.raise_for_status()
    value = response.json()
    return int(value["prompt_eval_count"]), value.get("prompt_eval_duration", 0) / 1e9


async def cancel(server: Server, slots: int, tokens: int = _OUTPUT) -> float:
    """Seconds from a caller's leaving until the next one, who waits for a place, gets a first token.

    `tokens`: of the answers that take all places meanwhile.
    """
    busy = [asyncio.create_task(_exhaust(server, tokens)) for _ in range(slots)]
    await asyncio.sleep(0.5)
    waiting = asyncio.create_task(_first(server))
    await asyncio.sleep(0.5)
    if waiting.done():
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        raise Missing(f"a place was free beside {slots} answers: name the right --slots, or longer answers")
    left = time.perf_counter()
    busy[0].cancel()
    try:
        return await asyncio.wait_for(waiting, 120) - left
    finally:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


async def _exhaust(server: Server, tokens: int = _OUTPUT) -> None:
    async for _ in server.stream(_LONG, tokens):
        pass


async def _first(server: Server) -> float:
    async with aclosing(server.stream(_LONG, 8)) as lines:  # type: ignore[type-var]
        async for _ in lines:
            return time.perf_counter()
    raise Missing("an answer without a token")


async def retrieval(service: str, key: str, server: Server, questions: int = 5) -> dict[str, float]:
    """Mean seconds of a search while answers are written, by the service's own metrics.

    The stage `retrieval` holds the words, the embedder and the reranker.
    """
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=service, headers=headers, timeout=120, trust_env=False) as client:
        before = parse((await client.get("/metrics")).raise_for_status().text, 0.0)
        busy = [asyncio.create_task(_exhaust(server)) for _ in range(2)]
        try:
            for number in range(questions):
                body = {
                    "session_id": "MEASURE",
                    "user_id": f"{uuid.uuid4().hex}-{number}",
                    "message": {"text": _QUESTION},
                }
                (await client.post("/api/v1/process", json=body)).raise_for_status()
        finally:
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
        after = parse((await client.get("/metrics")).raise_for_status().text, 0.0)
    count = after.stage_counts.get("retrieval", 0.0) - before.stage_counts.get("retrieval", 0.0)
    if not count:
        raise Missing("the service has searched nothing")
    spent = after.stage_sums["retrieval"] - before.stage_sums.get("retrieval", 0.0)
    return {"retrieval_s": spent / count}


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole measurement: the profile's fields, and under `extras` what no profile has."""
    async with httpx.AsyncClient(base_url=options.host, timeout=options.patience, trust_env=False) as http:
        load_options: dict[str, Any] = {"num_ctx": options.context}
        if options.gpu_layers >= 0:
            load_options["num_gpu"] = options.gpu_layers
        server = Server(http, options.model, load_options)
        load_s = await _cold(server) if options.cold else None
        await server.load(-1)
        _say("the model is loaded; decoding")
        tried = Tried(_say)
        speeds: list[float] = []
        for streams in range(1, options.slots + 1):
            name = "decode_tps" if streams == 1 else f"eff of {streams}"
            if (speed := await tried(name, decode(server, streams), "{:.1f} tokens/s")) is None:
                break  # what more of them do together says nothing without it
            speeds.append(speed)
        reading = await tried("prefill_tps", prefill(server), "{:.0f} tokens/s")
        most = options.context // 2
        tokens = min(most, max(_OUTPUT, round(_BUSY_S * speeds[-1]))) if speeds else most
        freed = await tried("cancel_s", cancel(server, options.slots, tokens), "{:.2f} s until a place is free")
        extras: dict[str, Any] = {"cancel_s": freed, "vram": await tried("vram", _vram(server)), "at": int(time.time())}
        extras["version"] = await tried("version", _version(server))
        if options.service:
            extras |= await tried("retrieval_s", retrieval(options.service, options.key, server)) or {}
    extras = {name: value for name, value in extras.items() if value is not None}
    profile: dict[str, Any] = {"extras": extras | ({"missing": tried.missing} if tried.missing else {})}
    if reading is not None:
        profile = {"prefill_tps": round(reading, 1)} | profile
    if speeds:
        eff = [round(speed / speeds[0], 3) for speed in speeds]
        profile = {"decode_tps": round(speeds[0], 2), "eff": eff} | profile
    return profile if load_s is None else profile | {"load_s": round(load_s, 2)}


async def _version(server: Server) -> str:
    return str((await server.http.get("/api/version")).json()["version"])


async def _cold(server: Server) -> float:
    await server.load(0)
    _say("the model was let go; loading it")
    return await server.load(-1)


async def _vram(server: Server) -> dict[str, Any]:
    """What /api/ps says of the model's bytes, on the card and altogether."""
    models = (await server.http.get("/api/ps")).json()["models"]
    found: dict[str, Any] = next((each for each in models if each.get("name") == server.model), {})
    return {"bytes": found.get("size_vram"), "model_bytes": found.get("size"), "context": found.get("context_length")}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def parser() -> argparse.ArgumentParser:
    """The command line; `make measure` hands its variables on."""
    found = argparse.ArgumentParser(prog="python -m loadtests.measure", description="Measures a card and its model.")
    found.add_argument("--host", default="http://127.0.0.1:11434", help="where Ollama listens")
    found.add_argument("--model", default="qwen3:14b")
    found.add_argument("--context", type=int, default=6144, help="num_ctx: as llm.context of the service")
    found.add_argument("--gpu-layers", type=int, default=-1, help="num_gpu: as llm.gpu_layers of the service")
    found.add_argument("--slots", type=int, default=4, help="as OLLAMA_NUM_PARALLEL")
    found.add_argument(
        "--cold", action="store_true", help="also let the model go and load it: nobody is answered meanwhile"
    )
    found.add_argument("--service", default="", help="also measure the search: the service's own address on loopback")
    found.add_argument("--key", default="", help="its API key")
    found.add_argument("--patience", type=float, default=300.0, help="seconds that one request may take")
    found.add_argument("--out", type=Path, default=Path("card.json"))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 measured, 1 measured but for the figures that are named, 2 not."""
    options = parser().parse_args(arguments)
    try:
        found = asyncio.run(measure(options))
    except (OSError, RuntimeError, httpx.HTTPError, KeyError, ValueError) as error:
        sys.stderr.write(f"not measured: {error!r}\n")
        return 2
    options.out.write_text(json.dumps(found, indent=1), "utf-8")
    sys.stdout.write(f"{json.dumps(found)}\nwritten to {options.out}\n")
    return 1 if "missing" in found["extras"] else 0


if __name__ == "__main__":
    sys.exit(main())
