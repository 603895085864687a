"""Search by meaning: the parts of sections and questions as vectors of one model, compared by cosine.

A section has a vector for its title, each of its questions, its keywords and each piece of its text, and is as near as
the nearest of them: one vector of the whole lies between the things that it speaks of, and near to none.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from app.knowledge.hub import Device, identity, loaded, precision, sentence_transformers
from app.types import Section

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MAX_TOKENS = 512
_MANY = 20_000  # parts: below that the whole matrix is read in a few milliseconds
_AXES = 96
_CLOSE = 500  # sections
_PIECE = 600  # characters: about 200 tokens of Russian, well within what any embedder reads
_SETTING = "retriever.embedder"
WARM_UP = "hello"
"""What a model is asked first."""

Vectors = NDArray[np.float32]


def parts(section: Section) -> tuple[str, ...]:
    """What is embedded of a section, each part for itself and no part twice; never empty."""
    whole = (section.title, *section.questions, ", ".join(section.keywords), *_pieces(section.text))
    return tuple(dict.fromkeys(part for part in whole if part.strip())) or (section.text,)


def _pieces(text: str) -> list[str]:
    """The text in pieces of whole lines or sentences, none longer than `_PIECE` unless a sentence is."""
    pieces = [""]
    for line in text.splitlines(keepends=True):
        for sentence in line.replace(". ", ".\0").split("\0"):
            if pieces[-1] and len(pieces[-1]) + len(sentence) > _PIECE:
                pieces.append("")
            pieces[-1] += sentence if sentence.endswith("\n") else f"{sentence} "
    return [piece.strip() for piece in pieces]


class Embedder(Protocol):
    """A loaded model. Its calls block: they belong on the models' thread (app/knowledge/models.py).

    `identity` names weights, precision, length and prefix: two vectors of a text are the same where it is the same.
    """

    identity: str

    def queries(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of questions, shape (len(texts), dimension), float32."""

    def documents(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of parts of sections, shape (len(texts), dimension), float32."""


class SentenceEmbedder:
    """An embedder of the library sentence-transformers."""

    def __init__(self, model: "SentenceTransformer", identity: str) -> None:
        self.identity = identity
        self._model = model

    def queries(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._unit(self._model.encode_query(list(texts), **self._options(len(texts))))

    def documents(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        return self._unit(self._model.encode_document(list(texts), **self._options(len(texts))))

    @staticmethod
    def _options(batch: int) -> dict[str, Any]:
        return {"batch_size": max(1, batch), "show_progress_bar": False, "convert_to_tensor": True}

    @staticmethod
    def _unit(tensor: Any) -> Vectors:
        return unit(cast(Vectors, tensor.float().cpu().numpy()))


def unit(vectors: Vectors) -> Vectors:
    """Normalised in float32: bfloat16 alone leaves lengths up to one per cent off. Raises ValueError."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise ValueError("the embedder gave a vector that is no direction; its precision may be too low")
    return np.asarray(vectors / lengths, dtype=np.float32)


def load_embedder(name: str, revision: str, prefixes: tuple[str, str], device: Device) -> SentenceEmbedder:
    """The model `name` (Hub name or folder) with the prefixes of (query, document). Raises ConfigError.

    The prefixes are given as the prompts named query and document, the names that encode_query and encode_document
    look for: a prompt saved under another name would be left out without a word.
    """
    library = sentence_transformers(_SETTING)

    def load(folder: str) -> SentenceEmbedder:
        model = library.SentenceTransformer(
            folder,
            device=device,
            prompts={"query": prefixes[0], "document": prefixes[1]},
            model_kwargs={"dtype": precision(device), "use_safetensors": True},
            trust_remote_code=False,
            local_files_only=True,
        )
        model.max_seq_length = min(model.max_seq_length or _MAX_TOKENS, _MAX_TOKENS)
        model.eval()
        embedder = SentenceEmbedder(
            model, f"{identity(name, revision)}|{precision(device)}|{model.max_seq_length}|{prefixes[1]}"
        )
        embedder.queries([WARM_UP])  # the first call of a device is slow, and a broken model shows here
        return embedder

    return loaded(_SETTING, name, revision, load)


class DenseIndex:
    """The immutable matrix of the unit vectors of sections' parts, shape (parts, dimension), float32.

    `counts` says how many parts each section has, in their order: one or more each.

    Reading a large matrix takes longer than the rest of a search. Beyond `_MANY` parts all of them are compared in the
    few directions in which they lie most (the principal components, about the origin), and those of the nearest
    sections in full: of the ten that are really nearest, 99 of 100 are among these (docs/benchmarks.md).
    """

    def __init__(self, sections: Sequence[Section], vectors: Vectors, counts: Sequence[int]) -> None:
        self._vectors = vectors
        self._counts = np.asarray(counts, dtype=np.int64)
        self._starts = np.concatenate(([0], np.cumsum(self._counts)[:-1]))
        self._expiring = [(n, section.valid_until) for n, section in enumerate(sections) if section.valid_until]
        self._axes: Vectors | None = None
        if len(vectors) > _MANY and vectors.shape[1] > _AXES:
            self._axes = _principal(vectors)
            self._coarse = np.ascontiguousarray(vectors @ self._axes)

    def similarities(self, query: Vectors, today: date) -> Vectors:
        """Cosine of the nearest part of every section with a unit vector of shape (dimension,): shape (sections,).

        -1..1, and minus infinity for a section that has expired by `today`.
        """
        if self._axes is None:
            found: Vectors = np.maximum.reduceat(self._vectors @ query, self._starts)
        else:
            found = np.maximum.reduceat(self._coarse @ (query @ self._axes), self._starts)
            close = np.argpartition(-found, _CLOSE)[:_CLOSE] if len(found) > _CLOSE else np.arange(len(found))
            found[close] = self._in_full(query, close)
        for position, until in self._expiring:
            if until < today:
                found[position] = -np.inf
        return found

    def _in_full(self, query: Vectors, sections: NDArray[np.int64]) -> Vectors:
        counts = self._counts[sections]
        ends = np.cumsum(counts)
        rows = np.arange(ends[-1]) + np.repeat(self._starts[sections] - (ends - counts), counts)
        found: Vectors = np.maximum.reduceat(self._vectors[rows] @ query, ends - counts)
        return found


def _principal(vectors: Vectors) -> Vectors:
    """The directions in which most of the vectors' length lies, shape (dimension, _AXES), orthonormal."""
    sample = vectors[:: max(1, len(vectors) // _MANY)]
    _, axes = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(axes[:, ::-1][:, :_AXES], dtype=np.float32)


def nearest(scores: Vectors, count: int) -> list[int]:
    """Positions of the `count` highest finite scores, best first; equals keep their order."""
    count = min(count, len(scores))
    if count == 0:
        return []
    least = np.partition(scores, -count)[-count]
    candidates = np.flatnonzero((scores >= least) & np.isfinite(scores))
    return [int(position) for position in candidates[np.argsort(-scores[candidates], kind="stable")][:count]]
