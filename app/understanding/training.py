"""Learning the acts from their examples: by hand when those change (`machine understand train`), never on a server."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from app.errors import ConfigError
from app.understanding.features import BUCKETS, Features, document_frequency, features, weighed

_SOFT = 0.3
"""How much an example may lie on the wrong side (the machine's C)."""
_FOLDS = 4
_SMALL = 4
"""Of 127: smaller weights say nothing."""
_TEMPERATURES = np.arange(0.05, 0.4, 0.001)
"""Steps so small that a few more examples do not move every probability at once."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The weights as a file's content, and how well the acts of examples that were kept aside were told."""

    content: bytes
    accuracy: float
    """Share (0..1) right of those kept aside, all in all."""
    sure: float
    """Share of them with a probability of .5 or more."""
    right_when_sure: float


def fingerprint(examples: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Of the examples that weights were made from: sha256, hexadecimal."""
    return hashlib.sha256(json.dumps(examples, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def learn(examples: Mapping[str, Mapping[str, Sequence[str]]]) -> Learnt:
    """Weights from examples by language and act. Takes about a minute. Raises ConfigError without scikit-learn."""
    try:
        from scipy.sparse import csr_matrix  # noqa: PLC0415 - an extra, and slow to read
        from sklearn.model_selection import StratifiedKFold, cross_val_predict  # noqa: PLC0415
        from sklearn.svm import LinearSVC  # noqa: PLC0415
    except ImportError:
        raise ConfigError("learning needs scikit-learn; install the package with [semantic]") from None
    texts = [(act, text) for acts in examples.values() for act, lines in acts.items() for text in lines]
    found = [features(text) for _, text in texts]
    idf = document_frequency(found)
    matrix = csr_matrix(_rows(found, idf), shape=(len(texts), BUCKETS))
    labels = np.array([act for act, _ in texts])
    machine = LinearSVC(C=_SOFT, random_state=0)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    aside = cross_val_predict(machine, matrix, labels, cv=folds, method="decision_function")
    machine.fit(matrix, labels)
    names = [str(name) for name in machine.classes_]
    right = np.array([names.index(label) for label in labels])
    temperature = _temperature(aside, right)
    chances = _chances(aside, temperature)
    best = chances.argmax(axis=1)
    sure = chances.max(axis=1) >= 0.5
    scale = (np.abs(machine.coef_).max(axis=1) / 127).astype(np.float32)
    small = np.round(machine.coef_ / scale[:, None]).astype(np.int8)
    small[np.abs(small) < _SMALL] = 0
    content = BytesIO()
    np.savez_compressed(
        content,
        names=np.array(names),
        weights=small,
        scale=scale,
        bias=machine.intercept_.astype(np.float32),
        idf=idf.astype(np.float16),
        temperature=np.float32(temperature),
        fingerprint=np.array(fingerprint(examples)),
    )
    return Learnt(
        content.getvalue(),
        float((best == right).mean()),
        float(sure.mean()),
        float((best == right)[sure].mean()),
    )


def _rows(
    found: Sequence[Features], idf: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
    data = np.concatenate([weighed(each, idf) for each in found])
    columns = np.concatenate([each.buckets for each in found])
    ends = np.cumsum([0, *(each.buckets.size for each in found)])
    return data, columns, ends


def _chances(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    scaled = scores / temperature
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chances: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return chances


def _temperature(scores: NDArray[np.float64], right: NDArray[np.intp]) -> float:
    """The one under which the right acts are the least surprising."""
    places = np.arange(len(right))
    surprise = [-np.log(_chances(scores, t)[places, right] + 1e-9).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(surprise))])
