"""`python -m tests.bench_models --device cuda|cpu [--json FILE] [--only NAME...]`: what the search's models cost.

Models of the true sizes with random weights (FRIDA: 823 M, bge-reranker-v2-m3: 568 M) are saved as the real ones are
and opened by the service's own code: time and memory do not depend on what the weights say.

embed     one question encoded, and sections by the batch
rerank    20 pairs of 256 and of 512 tokens
turn      a whole search in 300 sections: words, meaning, reranking, one after the other and four at once
matmul    the similarities of 2,000 and 20,000 sections of six parts: processor time, best with OPENBLAS_NUM_THREADS=1
start     the vectors of 2,000 and 20,000 sections read back from the cache
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.knowledge.dense import DenseIndex, Vectors
from app.knowledge.models import Models
from app.knowledge.rerank import CANDIDATES
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.vectors import VectorCache
from app.types import Section
from tests import models

TODAY = date(2026, 6, 1)
FRIDA = {"d_model": 1536, "d_kv": 64, "num_heads": 24, "d_ff": 4096, "num_layers": 24, "vocab_size": 93_651}
BGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "max_position_embeddings": 8194,
    "vocab_size": 250_002,
    "initializer_range": 0.02,
}
QUESTION = "Здравствуйте, сколько стоит касса с принтером чеков и есть ли доставка?"


def timed(
    action: Callable[[], Any], repeat: int, device: str, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Milliseconds of `repeat` runs behind three for warming up."""
    seconds = []
    for number in range(repeat + 3):
        started = clock()
        action()
        if device == "cuda":
            torch.cuda.synchronize()
        if number >= 3:
            seconds.append(clock() - started)
    return percentiles(seconds)


def percentiles(seconds: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2), "runs": len(seconds)}


def memory(device: str) -> dict[str, float]:
    """MiB: of the GPU what torch holds now, held at most and has reserved; of the host the most this process had."""
    found = {"host_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if device == "cuda":
        free, total = torch.cuda.mem_get_info()
        found |= {
            "allocated": torch.cuda.memory_allocated() / 2**20,
            "peak": torch.cuda.max_memory_allocated() / 2**20,
            "reserved": torch.cuda.memory_reserved() / 2**20,
            "used_on_card": (total - free) / 2**20,
        }
    return {name: round(value) for name, value in found.items()}


def of_tokens(count: int, tokenizer: Any) -> str:
    """A text of about `count` tokens."""
    words = ""
    while len(tokenizer(words, verbose=False)["input_ids"]) < count:
        words += "касса принтер доставка "
    return words


def embed(found: Models, repeat: int, device: str) -> dict[str, Any]:
    assert found.dense
    embedder, tokenizer = found.dense.embedder, models.tokens(found, "dense")
    section, long = of_tokens(128, tokenizer), of_tokens(600, tokenizer)
    return {
        "one question": timed(lambda: embedder.queries([QUESTION]), repeat, device),
        "a question of 512 tokens": timed(lambda: embedder.queries([long]), repeat, device),
        "8 sections of 128 tokens": timed(lambda: embedder.documents([section] * 8), repeat, device),
    }


def rerank(found: Models, repeat: int, device: str) -> dict[str, Any]:
    assert found.rerank
    reranker, tokenizer, result = found.rerank.reranker, models.tokens(found, "rerank"), {}
    for length in (256, 512):
        texts = [of_tokens(length, tokenizer)] * CANDIDATES
        result[f"20 pairs of {length} tokens"] = timed(
            lambda texts=texts: reranker.scores("касса", texts),  # type: ignore[misc]
            repeat,
            device,
        )
    return result


def turn(found: Models, repeat: int, device: str) -> dict[str, Any]:
    text = of_tokens(120, models.tokens(found, "rerank"))
    sections = tuple(Section(f"s{n}", f"{text} номер {n}", "c", title=f"Касса {n}") for n in range(300))
    started = time.perf_counter()
    running = Retriever(KnowledgeBase(sections, digest(sections)), today=TODAY, models=found)
    built = time.perf_counter() - started

    async def searches(at_once: int) -> dict[str, float]:
        seconds: list[float] = []

        async def one() -> None:
            started = time.perf_counter()
            answer = await running.find(QUESTION, top_k=5, today=TODAY)
            seconds.append(time.perf_counter() - started)
            assert answer.degraded == (), answer.degraded

        for _ in range(max(1, repeat // at_once)):
            await asyncio.gather(*(one() for _ in range(at_once)))
        return percentiles(seconds)

    return {
        "300 sections embedded, s": round(built, 1),
        "one search": asyncio.run(searches(1)),
        "each of four at once": asyncio.run(searches(4)),
    }


def unit(rows: int, dimension: int) -> Vectors:
    vectors = np.random.default_rng(7).standard_normal((rows, dimension), dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def matmul(repeat: int) -> dict[str, Any]:
    result = {}
    for rows, parts, dimension in ((2_000, 6, 384), (20_000, 6, 384), (2_000, 6, 1536), (20_000, 6, 1536)):
        sections, query = [Section(str(n), "x", "c") for n in range(rows)], unit(1, dimension)[0]
        index = DenseIndex(sections, unit(rows * parts, dimension), [parts] * rows)
        name = f"{rows} sections of {parts} parts x {dimension}"
        result[name] = timed(
            lambda index=index, query=query: index.similarities(query, TODAY),  # type: ignore[misc]
            repeat * 5,
            "cpu",
            time.process_time,
        )
    return result


def start() -> dict[str, Any]:
    result = {}
    for rows in (2_000, 20_000):
        with tempfile.TemporaryDirectory() as folder:
            cache, vectors = VectorCache(Path(folder), "bench"), unit(rows, 1536)
            texts = [f"Раздел номер {n}: " + "касса и принтер " * 20 for n in range(rows)]
            started = time.perf_counter()
            for text, vector in zip(texts, vectors, strict=True):
                cache.put(text, vector)
            written = time.perf_counter()
            back = [cache.get(text) for text in texts]
            read = time.perf_counter()
            assert all(vector is not None for vector in back)
            result[f"{rows} vectors"] = {
                "written_s": round(written - started, 2),
                "read_back_s": round(read - written, 2),
            }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], required=True)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    names = ["embed", "rerank", "turn", "matmul", "start"]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument(
        "--tiny", action="store_true", help="small models: tries the script, says nothing of the real ones"
    )
    chosen = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    figures: dict[str, Any] = {"device": chosen.device, "torch": torch.__version__, "machine": platform.platform()}
    if chosen.device == "cuda":
        figures["gpu"] = torch.cuda.get_device_name()
    if {"embed", "rerank", "turn"} & set(chosen.only):
        with tempfile.TemporaryDirectory() as made:
            figures |= with_models(Path(made), chosen)
    if "matmul" in chosen.only:
        figures["matmul"] = matmul(chosen.repeat)
    if "start" in chosen.only:
        figures["start"] = start()
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, ensure_ascii=False), "utf-8")


def with_models(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    wanted: dict[str, Path] = {}
    if {"embed", "turn"} & set(chosen.only):
        wanted["embedder"] = models.embedder(folder / "embedder", **({} if chosen.tiny else FRIDA))
    if {"rerank", "turn"} & set(chosen.only):
        wanted["reranker"] = models.reranker(folder / "reranker", **({} if chosen.tiny else BGE))
    started = time.perf_counter()
    found = models.opened(**wanted, device=chosen.device, rerank_threshold=0, model_timeout_s=60)
    figures: dict[str, Any] = {"opened_s": round(time.perf_counter() - started, 1)}
    for part in ("dense", "rerank"):
        if getattr(found, part):
            count = sum(weights.numel() for weights in models.network(found, part).parameters())
            figures[f"{part}_parameters_m"] = round(count / 1e6, 1)
    figures["memory_loaded_mib"] = memory(chosen.device)
    for name, measure in (("embed", embed), ("rerank", rerank), ("turn", turn)):
        if name in chosen.only:
            figures[name] = measure(found, chosen.repeat, chosen.device)
    figures["memory_mib"] = memory(chosen.device)
    found.close()
    return figures


if __name__ == "__main__":
    main()
