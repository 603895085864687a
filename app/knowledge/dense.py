"""Search by meaning: sections and questions as vectors of one sentence-transformers model, compared by cosine."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from app.knowledge.hub import Device, identity, loaded, precision, sentence_transformers
from app.types import Section

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MAX_TOKENS = 512
_SETTING = "retriever.embedder"

Vectors = NDArray[np.float32]


def natural_text(section: Section) -> str:
    """What is embedded: title, questions, text. The questions stand early because a long text is cut at its end."""
    return "\n".join(part for part in (section.title, *section.questions, section.text) if part)


class Embedder:
    """A loaded model. Its calls block: they belong on the models' thread (app/knowledge/models.py).

    `identity` names weights, precision, length and prefix: two vectors of a text are the same where it is the same.
    """

    def __init__(self, model: "SentenceTransformer", identity: str) -> None:
        self.identity = identity
        self._model = model

    def query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dimension,)."""
        vectors = self._unit(self._model.encode_query([text], **self._options(1)))
        return vectors.reshape(-1)

    def documents(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of sections' texts, shape (len(texts), dimension)."""
        return self._unit(self._model.encode_document(list(texts), **self._options(len(texts))))

    @staticmethod
    def _options(batch: int) -> dict[str, Any]:
        return {"batch_size": max(1, batch), "show_progress_bar": False, "convert_to_tensor": True}

    @staticmethod
    def _unit(tensor: Any) -> Vectors:
        """Normalised in float32: bfloat16 alone leaves lengths up to one per cent off."""
        vectors = cast(Vectors, tensor.float().cpu().numpy())
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or (lengths == 0).any():
            raise ValueError("the embedder gave a vector that is no direction; its precision may be too low")
        return np.asarray(vectors / lengths, dtype=np.float32)


def load_embedder(name: str, revision: str, prefixes: tuple[str, str], device: Device) -> Embedder:
    """The model `name` (Hub name or folder) with the prefixes of (query, document). Raises ConfigError.

    The prefixes are given as the prompts named query and document, the names that encode_query and encode_document
    look for: a prompt saved under another name would be left out without a word.
    """
    library = sentence_transformers(_SETTING)

    def load(folder: str) -> Embedder:
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
        embedder = Embedder(
            model, f"{identity(name, revision)}|{precision(device)}|{model.max_seq_length}|{prefixes[1]}"
        )
        embedder.query("касса")  # the first call of a device is slow, and a broken model shows here
        return embedder

    return loaded(_SETTING, name, revision, load)


class DenseIndex:
    """The immutable matrix of sections' unit vectors, shape (sections, dimension), float32."""

    def __init__(self, sections: Sequence[Section], vectors: Vectors) -> None:
        self._vectors = vectors
        self._expiring = [(n, section.valid_until) for n, section in enumerate(sections) if section.valid_until]

    def similarities(self, query: Vectors, today: date) -> Vectors:
        """Cosine of every section with a unit vector of shape (dimension,): shape (sections,), -1..1.

        Minus infinity for a section that has expired by `today`.
        """
        found: Vectors = self._vectors @ query
        for position, until in self._expiring:
            if until < today:
                found[position] = -np.inf
        return found


def nearest(similarities: Vectors, count: int) -> list[int]:
    """Positions of the `count` most similar sections, best first, expired ones left out; equals keep their order."""
    order = np.argsort(-similarities, kind="stable")[:count]
    return [int(position) for position in order if np.isfinite(similarities[position])]
