"""Acts of a text, learnt from examples: `examples/*.yaml` and what `machine understand train` made of them.

One linear boundary for each act (a support vector machine's) over the pieces of features.py. Their distances become
probabilities by one temperature, fitted on examples that were kept aside, so that .8 is right in eight of ten cases; a
text that belongs to none of them is nearest to some all the same, with little of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np
import yaml
from numpy.typing import NDArray

from app.errors import ConfigError
from app.understanding.features import Features, features, weighed

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LANGUAGES = ("ru", "kk", "en")
WEIGHTS = "acts.npz"
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
    """A bot's own example, weighed."""

    act: str
    weights: Mapping[int, float]


@dataclass(frozen=True)
class Classifier:
    """Knows the acts. `own` examples of a bot are compared one by one, and decide where one of them is near."""

    names: tuple[str, ...]
    weights: NDArray[np.float32]
    """acts x BUCKETS"""
    bias: NDArray[np.float32]
    idf: NDArray[np.float32]
    temperature: float
    own: tuple[_Own, ...] = field(default=())

    @classmethod
    def load(cls) -> "Classifier":
        """The package's, read once."""
        return _load()

    def with_own(self, examples: Mapping[str, Sequence[str]]) -> "Classifier":
        """This with a bot's examples, by act. Raises ConfigError for an act that there is not."""
        for act in examples:
            if act not in self.names:
                raise ConfigError(f"examples: the act {act!r} is unknown; use one of {', '.join(self.names)}")
        own = [_Own(act, self._weighed(features(text))) for act, texts in examples.items() for text in texts]
        return Classifier(self.names, self.weights, self.bias, self.idf, self.temperature, (*self.own, *own))

    def scored(self, text: str) -> Scored:
        """The acts of one clause or short message. Never raises."""
        of = features(text)
        if not of.buckets.size:
            return Scored()
        known = weighed(of, self.idf)
        scores = (self.weights[:, of.buckets] @ known + self.bias) / self.temperature
        odds = np.exp(scores - scores.max())
        chances = odds / odds.sum()
        near = self._nearest(dict(zip(of.buckets.tolist(), known.tolist(), strict=True)))
        if near:
            chances *= 1 - near[1]
            chances[self.names.index(near[0])] += near[1]
        order = np.argsort(-chances, kind="stable")
        return Scored(tuple((self.names[place], float(chances[place])) for place in order))

    def _weighed(self, of: Features) -> Mapping[int, float]:
        return dict(zip(of.buckets.tolist(), weighed(of, self.idf).tolist(), strict=True))

    def _nearest(self, text: Mapping[int, float]) -> tuple[str, float] | None:
        best, act = 0.0, ""
        for example in self.own:
            cosine = sum(weight * text.get(bucket, 0.0) for bucket, weight in example.weights.items())
            if cosine > best:
                best, act = cosine, example.act
        return (act, best) if best >= _OWN_SURE else None


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
        text = (files(__package__) / "examples" / f"{language}.yaml").read_text("utf-8")
        tree = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe one
        found[language] = {act: tuple(lines) for act, lines in tree.items()}
    return found
