"""Reranking: a cross-encoder reads the question and each candidate together and says how well they fit, 0..1."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app.errors import ConfigError
from app.knowledge.hub import Device, loaded, precision, sentence_transformers
from app.types import Section

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

CANDIDATES = 20
"""How many of the fused list are read: the cost grows with each."""
_MAX_TOKENS = 512
_SETTING = "retriever.reranker"


def readable_text(section: Section) -> str:
    """What is read: title and text as a person would, never stems or trigrams."""
    return f"{section.title}\n{section.text}" if section.title else section.text


class Reranker:
    """A loaded model. Its calls block: they belong on the models' thread (app/knowledge/models.py)."""

    def __init__(self, model: "CrossEncoder", activation: Any) -> None:
        self._model = model
        self._sigmoid = activation

    def scores(self, query: str, texts: Sequence[str]) -> tuple[float, ...]:
        """How well each text answers, 0..1 (the sigmoid of the model's one output), in the order of `texts`."""
        if not texts:
            return ()
        scores = self._model.predict(
            [(query, text) for text in texts],
            batch_size=len(texts),
            activation_fn=self._sigmoid,  # said here because a model's own file may name another
            show_progress_bar=False,
            convert_to_tensor=True,
        )
        found = scores.float().cpu().numpy()
        if not np.isfinite(found).all():
            raise ValueError("the reranker gave a score that is no number; its precision may be too low")
        return tuple(float(score) for score in found)


def load_reranker(name: str, revision: str, device: Device) -> Reranker:
    """The model `name` (Hub name or folder). Raises ConfigError, also for a model that is no reranker.

    A model without a trained classification head would be given a random one, and every score would be noise.
    """
    library = sentence_transformers(_SETTING)

    def load(folder: str) -> Reranker:
        import torch  # noqa: PLC0415

        model = library.CrossEncoder(
            folder,
            device=device,
            max_length=_MAX_TOKENS,
            model_kwargs={"dtype": precision(device), "use_safetensors": True},
            trust_remote_code=False,
            local_files_only=True,
        )
        kinds = getattr(model.config, "architectures", None) or []
        if model.num_labels != 1 or not any(kind.endswith("ForSequenceClassification") for kind in kinds):
            raise ConfigError(
                f"{_SETTING} {name!r} is no reranker but {', '.join(kinds) or 'of an unknown kind'} with "
                f"{model.num_labels} outputs; name a cross-encoder with one output, such as BAAI/bge-reranker-v2-m3"
            )
        model.eval()
        reranker = Reranker(model, torch.nn.Sigmoid())
        reranker.scores("price", ["price"])  # the first call of a device is slow, and a broken model shows here
        return reranker

    return loaded(_SETTING, name, revision, load)
