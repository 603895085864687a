"""Entailment: a cross-encoder reads a text and a sentence together and says how surely the one says the other, 0..1.

It is one of the models beside the search because it loads, runs and fails as they do (app/knowledge/models.py); what it
says is for the guardrail.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app.errors import ConfigError
from app.knowledge.hub import Device, loaded, precision, sentence_transformers

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Pair = tuple[str, str]
"""(what is known, the sentence that may follow from it)"""

_MAX_TOKENS = 512
_SETTING = "guardrail.entailment.model"
_LABEL = "entail"


class Entailer:
    """A loaded model. Its calls block: they belong on the models' thread (app/knowledge/models.py).

    `label` is the place of "entailment" among the model's outputs; None for a model with one output.
    """

    def __init__(self, model: "CrossEncoder", activation: Any, label: int | None) -> None:
        self._model = model
        self._activation = activation
        self._label = label

    def scores(self, pairs: Sequence[Pair]) -> tuple[float, ...]:
        """How surely each sentence follows, 0..1, in their order: all of them in one batch. Raises ValueError."""
        if not pairs:
            return ()
        made = self._model.predict(
            list(pairs),
            batch_size=len(pairs),
            activation_fn=self._activation,  # said here because a model's own file may name another
            show_progress_bar=False,
            convert_to_tensor=True,
        )
        found = made.float().cpu().numpy()
        if self._label is not None:
            found = found[:, self._label]
        if not np.isfinite(found).all():
            raise ValueError("the entailment model gave a score that is no number; its precision may be too low")
        return tuple(float(score) for score in found)


def load_entailer(name: str, revision: str, device: Device) -> Entailer:
    """The model `name` (Hub name or folder). Raises ConfigError, also for a model that judges no entailment."""
    library = sentence_transformers(_SETTING)

    def load(folder: str) -> Entailer:
        import torch  # noqa: PLC0415

        model = library.CrossEncoder(
            folder,
            device=device,
            max_length=_MAX_TOKENS,
            model_kwargs={"dtype": precision(device), "use_safetensors": True},
            trust_remote_code=False,
            local_files_only=True,
        )
        label = _label(model, name)
        model.eval()
        activation = torch.nn.Sigmoid() if label is None else torch.nn.Softmax(dim=-1)
        entailer = Entailer(model, activation, label)
        entailer.scores([("price", "price")])  # the first call of a device is slow, and a broken model shows here
        return entailer

    return loaded(_SETTING, name, revision, load)


def _label(model: "CrossEncoder", name: str) -> int | None:
    """The place of the output that means entailment, None for the only one. A head that was not trained is noise."""
    kinds = getattr(model.config, "architectures", None) or []
    names = {int(place): str(label).lower() for place, label in (getattr(model.config, "id2label", None) or {}).items()}
    entails = [place for place, label in names.items() if label.startswith(_LABEL)]
    if any(kind.endswith("ForSequenceClassification") for kind in kinds):
        if model.num_labels == 1:
            return None
        if len(entails) == 1:
            return entails[0]
    raise ConfigError(
        f"{_SETTING} {name!r} judges no entailment: it is {', '.join(kinds) or 'of an unknown kind'} with the outputs "
        f"{', '.join(names.values()) or model.num_labels}; name a cross-encoder with one output, or with one that is "
        "called entailment, such as MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7"
    )
