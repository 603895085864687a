"""Acts of a text, learnt from examples: `examples/*.yaml` and what `machine understand train` made of them.

One linear boundary for each act (a support vector machine's) over the pieces of features.py. Their distances become
probabilities by one temperature, fitted on examples that were kept aside, so that .8 is right in eight of ten cases; a
text that belongs to none of them is nearest to some all the same, with little of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from app.errors import ConfigError
from app.packaged import packaged
from app.understanding.features import BUCKETS, Features, features, weighed

LANGUAGES = ("ru", "kk", "en")
WEIGHTS = "acts.npz"
_KEPT = 512  # texts whose acts are remembered
_OWN_SURE = 0.62
"""Cosine from which a bot's own example decides; two phrasings of one wish lie at .3 to .6."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The acts of a text by their probability (0..1), the likeliest first."""

    acts: tuple[tuple[str, float], ...] = ()

    @property
    def best(self) -> str:
        """The likeliest act; empty where the text holds nothing to go by."""
        return self.acts[0][0] if self.acts else ""

    @property
    def surest(self) -> float:
        """The probability of the likeliest act; 0 where there is none."""
        return self.acts[0][1] if self.acts else 0.0

    def of(self, act: str) -> float:
        """The probability of an act."""
        return next((score for name, score in self.acts if name == act), 0.0)


@dataclass(frozen=True, slots=True)
class _Own:
    """A bot's own examples, weighed: one behind another, the n-th from `starts[n]` on."""

    acts: tuple[str, ...]
    buckets: NDArray[np.intp]
    weights: NDArray[np.float32]
    starts: NDArray[np.intp]

    def nearest(self, of: Features, known: NDArray[np.float32]) -> tuple[str, float]:
        """The act of the example nearest to a text, and its cosine."""
        text = np.zeros(BUCKETS, np.float32)
        text[of.buckets] = known
        cosines = np.add.reduceat(text[self.buckets] * self.weights, self.starts)
        best = int(cosines.argmax())
        return self.acts[best], min(1.0, float(cosines[best]))


@dataclass(frozen=True)
class Classifier:
    """Knows the acts. `own` examples of a bot are compared one by one, and decide where one of them is near."""

    names: tuple[str, ...]
    weights: NDArray[np.float32]
    """acts x BUCKETS"""
    bias: NDArray[np.float32]
    idf: NDArray[np.float32]
    temperature: float
    own: _Own | None = None

    @classmethod
    def load(cls) -> "Classifier":
        """The package's, read once."""
        return _load()

    def with_own(self, examples: Mapping[str, Sequence[str]]) -> "Classifier":
        """This with a bot's examples by act, instead of those it had. Raises ConfigError for an unknown act."""
        for act in examples:
            if act not in self.names:
                raise ConfigError(f"examples: the act {act!r} is unknown; use one of {', '.join(self.names)}")
        pairs = [(act, features(text)) for act, texts in examples.items() for text in texts]
        pairs = [(act, of) for act, of in pairs if of.buckets.size]
        if not pairs:
            return self
        starts = np.cumsum([0, *(of.buckets.size for _, of in pairs[:-1])])
        own = _Own(
            tuple(act for act, _ in pairs),
            np.concatenate([of.buckets for _, of in pairs]),
            np.concatenate([weighed(of, self.idf) for _, of in pairs]),
            starts,
        )
        return replace(self, own=own)

    def scored(self, text: str) -> Scored:
        """The acts of one clause or short message. Never raises."""
        return self._known(text)

    @cached_property
    def _known(self) -> Callable[[str], Scored]:
        """A clause is scored by itself, as a question, and where it is all that was said."""
        return lru_cache(maxsize=_KEPT)(self._scored)

    def _scored(self, text: str) -> Scored:
        of = features(text)
        if not of.buckets.size:
            return Scored()
        known = weighed(of, self.idf)
        scores = (self.weights[:, of.buckets] @ known + self.bias) / self.temperature
        odds = np.exp(scores - scores.max())
        chances = odds / odds.sum()
        if self.own is not None:
            act, cosine = self.own.nearest(of, known)
            if cosine >= _OWN_SURE:
                chances *= 1 - cosine
                chances[self.names.index(act)] += cosine
        order = np.argsort(-chances, kind="stable")
        return Scored(tuple(zip(map(self.names.__getitem__, order.tolist()), chances[order].tolist(), strict=True)))


@lru_cache(maxsize=1)
def _load() -> Classifier:
    with np.load(BytesIO((files(__package__) / WEIGHTS).read_bytes()), allow_pickle=False) as held:
        weights = held["weights"].astype(np.float32) * held["scale"][:, None]
        names = tuple(str(name) for name in held["names"])
        return Classifier(names, weights, held["bias"], held["idf"].astype(np.float32), float(held["temperature"]))


def learnt_from() -> str:
    """The fingerprint of the examples that the shipped weights were learnt from (training.py)."""
    with np.load(BytesIO((files(__package__) / WEIGHTS).read_bytes()), allow_pickle=False) as held:
        return str(held["fingerprint"])


def load_examples() -> dict[str, dict[str, tuple[str, ...]]]:
    """The package's examples: by language, by act."""
    found = {}
    for language in LANGUAGES:
        tree = packaged("app.understanding", "examples", f"{language}.yaml")
        found[language] = {act: tuple(lines) for act, lines in tree.items()}
    return found
