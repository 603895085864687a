"""Models with random weights, of the architectures of FRIDA and bge-reranker-v2-m3, saved as the real ones are.

They find nothing by meaning, but everything around them is real: files, loading, tokenizers, precision, threads.

Their libraries take seconds to import, and every worker of a run reads every file of the tests: who uses them imports them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.knowledge.models import Models, OnDegraded, open_models
from app.settings import EntailmentSettings, RetrieverSettings, load

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

os.environ["HF_HUB_OFFLINE"] = "1"  # before the library is imported: a test never asks the Hub

PREFIXES = ("search_query: ", "search_document: ")
_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")  # ids 0 to 3
_CORPUS = (
    *PREFIXES,
    "Принтер чеков печатает на ленте, сканер читает штрихкоды и маркировку.",
    "Доставим по городу за два дня. Сколько стоит тариф и подписка на месяц?",
    "Вернём деньги, если касса не подошла. Привезём, настроим, научим.",
)


@cache
def _quiet() -> None:
    """The libraries as the tests want them."""
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)  # for models this small more threads only wait for each other
    logging.disable_progress_bar()


def tokenizer(vocabulary: int = 400) -> "PreTrainedTokenizerFast":
    """Byte-level BPE, as FRIDA has: a space belongs to the word behind it, so a prefix without its own reads otherwise."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    model = Tokenizer(models.BPE(unk_token="<unk>"))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    model.train_from_iterator(_CORPUS, trainer)
    model.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    names = {"pad_token": "<pad>", "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=model, unk_token="<unk>", model_max_length=512, **names)


def embedder(folder: Path, seed: int = 0, **config: Any) -> Path:
    """A T5 encoder with CLS pooling in sentence-transformers' own format."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import T5Config, T5EncoderModel

    _quiet()
    words = tokenizer()
    sizes = {"d_model": 32, "d_kv": 8, "num_heads": 4, "d_ff": 48, "num_layers": 2, "vocab_size": len(words)} | config
    torch.manual_seed(seed)
    model = T5EncoderModel(T5Config(feed_forward_proj="gated-gelu", pad_token_id=0, eos_token_id=2, **sizes))
    plain = folder.with_name(f"{folder.name}-plain")
    model.save_pretrained(plain)
    words.save_pretrained(plain)
    del model  # the true size would stand in memory twice
    encoder = Transformer(str(plain))
    SentenceTransformer(modules=[encoder, Pooling(sizes["d_model"], "cls")], device="cpu").save(str(folder))
    return folder


def reranker(folder: Path, seed: int = 0, labels: int = 1, **config: Any) -> Path:
    """An XLM-RoBERTa cross-encoder."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    _quiet()
    words = tokenizer()
    sizes = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 514,
        "initializer_range": 0.5,  # with the usual .02 every pair would score the same
    } | config
    torch.manual_seed(seed)
    model = XLMRobertaForSequenceClassification(
        XLMRobertaConfig(num_labels=labels, pad_token_id=0, bos_token_id=1, eos_token_id=2, **sizes)
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def entailer(folder: Path, seed: int = 0) -> Path:
    """A cross-encoder with the three outputs of one that judges entailment, in an order of its own."""
    labels = {0: "contradiction", 1: "Entailment", 2: "neutral"}
    return reranker(folder, seed, len(labels), id2label=labels, label2id={name: at for at, name in labels.items()})


def entailment(folder: Path | str, **values: object) -> EntailmentSettings:
    """The group `guardrail.entailment` with this model; `values` as in the settings file."""
    chosen = {"model": str(folder), **values}
    environ = {f"MACHINE_GUARDRAIL__ENTAILMENT__{key.upper()}": str(value) for key, value in chosen.items()}
    return load(environ=environ).guardrail.entailment


def settings(embedder: Path | str = "", reranker: Path | str = "", **values: object) -> RetrieverSettings:
    """The group `retriever` with these models on the CPU; `values` as in the settings file."""
    chosen = {"embedder": str(embedder), "reranker": str(reranker), "device": "cpu"} | values
    environ = {f"MACHINE_RETRIEVER__{key.upper()}": str(value) for key, value in chosen.items()}
    return load(environ=environ).retriever


def opened(
    embedder: Path | str = "",
    reranker: Path | str = "",
    *,
    entails: EntailmentSettings | None = None,
    cache: Path | None = None,
    on_degraded: OnDegraded = lambda part, reason: None,
    **values: object,
) -> Models:
    """The models as the service opens them."""
    _quiet()
    return open_models(settings(embedder, reranker, **values), entails, cache=cache, on_degraded=on_degraded)


def network(models: Models, part: str) -> Any:
    """The transformers model behind a part (dense, rerank, entail), to hook into."""
    return _loaded(models, part).transformers_model


def tokens(models: Models, part: str) -> Any:
    """Its tokenizer."""
    return _loaded(models, part).tokenizer


def _loaded(models: Models, part: str) -> Any:
    found: Any = getattr(models, part)
    return getattr(found, {"dense": "embedder", "rerank": "reranker", "entail": "entailer"}[part])._model


def _words(models: Models, part: str) -> Any:
    """The layer that turns ids into vectors: the first to run, and always through its hooks."""
    found = network(models, part)
    return found.encoder.embed_tokens if part == "dense" else found.roberta.embeddings.word_embeddings


@contextmanager
def before_each_call(models: Models, part: str, action: Callable[[], object]) -> Iterator[None]:
    """Runs `action` on the models' thread whenever the network begins to compute."""
    handle = _words(models, part).register_forward_pre_hook(lambda *_: action() and None)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def inputs(models: Models, part: str) -> Iterator[list[list[int]]]:
    """The ids that the network is really given, a list per text, padding removed."""
    seen: list[list[int]] = []

    def note(_: object, given: tuple[Any, ...]) -> None:
        seen.extend([one for one in ids if one != 0] for ids in given[0].tolist())

    handle = _words(models, part).register_forward_pre_hook(note)
    try:
        yield seen
    finally:
        handle.remove()
