"""Which weights the search may load: a commit that was chosen, in a format that cannot run code."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from app.errors import ConfigError
from app.knowledge.hub import FILES
from app.settings import load
from tests import models

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MAKERS: dict[str, Callable[[Path], Path]] = {"embedder": models.embedder, "reranker": models.reranker}


def settings(**values: str) -> None:
    load(environ={f"MACHINE_RETRIEVER__{name.upper()}": value for name, value in values.items()})


@pytest.mark.parametrize("part", ["embedder", "reranker"])
@pytest.mark.parametrize(
    "revision", ["", "main", "v1.0", COMMIT[:12], COMMIT.upper(), f"{COMMIT}0", f"refs/pr/{COMMIT}"]
)
def test_a_name_of_the_hub_needs_a_whole_commit(part: str, revision: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"retriever\.{part}_revision is {revision!r}.*40 .*git ls-remote \S+/shop/words HEAD"
    ):
        settings(**{part: "shop/words", f"{part}_revision": revision})
    settings(**{part: "shop/words", f"{part}_revision": COMMIT})


@pytest.mark.parametrize("part", ["embedder", "reranker"])
def test_a_folder_needs_none(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(**{part: "/srv/not/there/yet"})
    (tmp_path / "our" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    settings(**{part: "our/model"})


@pytest.fixture(scope="module", params=["embedder", "reranker"])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    part: str = request.param
    return part, MAKERS[part](tmp_path_factory.mktemp(part) / "model")


def pickled(folder: Path, target: Path, name: str = "pytorch_model.bin") -> Path:
    """The same model with its weights as a pickle alone."""
    shutil.copytree(folder, target)
    torch.save(load_file(target / "model.safetensors"), target / name)
    (target / "model.safetensors").unlink()
    return target


def test_weights_that_are_a_pickle_are_refused_in_words(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    models.opened(**{part: folder}).close()
    with pytest.raises(ConfigError, match=rf"retriever\.{part}: pytorch_model\.bin.*pickle.*safetensors"):
        models.opened(**{part: pickled(folder, tmp_path / "pickled")})


def test_a_pickle_in_parts_is_one_too(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    parts = pickled(folder, tmp_path / "parts", "pytorch_model-00001-of-00001.bin")
    (parts / "pytorch_model.bin.index.json").write_text('{"metadata": {}, "weight_map": {}}')
    with pytest.raises(ConfigError, match=rf"retriever\.{part}: .*pickle"):
        models.opened(**{part: parts})


def test_a_part_of_a_model_that_is_a_pickle_is_refused_as_well(tmp_path: Path) -> None:
    """sentence-transformers reads a layer of its own from a folder of its own."""
    folder = models.embedder(tmp_path / "model")
    layer = folder / "2_Dense"
    layer.mkdir()
    torch.save({"linear.weight": torch.zeros(32, 32)}, layer / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"2_Dense/pytorch_model\.bin.*pickle"):
        models.opened(folder)


def test_a_pickle_beside_safetensors_is_left_unread(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    both = shutil.copytree(folder, tmp_path / "both")
    (both / "pytorch_model.bin").write_bytes(b"no weights at all")
    models.opened(**{part: both}).close()


def test_a_model_of_the_hub_without_safetensors_is_told_apart_from_one_that_is_not_there(
    kind: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pickles are not fetched, so what comes is a model without weights."""
    part, folder = kind
    bare = shutil.copytree(folder, tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(bare))
    with pytest.raises(ConfigError, match=rf"retriever\.{part}: 'shop/words' at {COMMIT} has no \.safetensors; name"):
        models.opened(**{part: "shop/words", f"{part}_revision": COMMIT})


def test_code_of_a_model_is_never_run(kind: tuple[str, Path], tmp_path: Path) -> None:
    part, folder = kind
    own = shutil.copytree(folder, tmp_path / "own")
    (own / "own.py").write_text(f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()")
    config = own / "config.json"
    config.write_text(
        config.read_text().replace("{", '{"auto_map": {"AutoModel": "own.Model", "AutoConfig": "own.Config"},', 1)
    )
    with suppress(ConfigError):  # whether it loads without its code is the library's affair
        models.opened(**{part: own}).close()
    assert not (tmp_path / "ran").exists()


def test_what_is_fetched_are_weights_words_and_settings() -> None:
    wanted = {"model.safetensors", "model-00001-of-00002.safetensors", "config.json", "1_Pooling/config.json", "tokenizer.json",
              "vocab.txt", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "2_Dense/model.safetensors"}  # fmt: skip
    unwanted = {"pytorch_model.bin", "colbert_linear.pt", "modeling_own.py", "model.pkl", "tf_model.h5", "flax_model.msgpack",
                "model.ckpt", "onnx/model.onnx", "openvino/openvino_model.bin", "training_args.bin", "README.md"}  # fmt: skip
    assert {name for name in wanted | unwanted if any(fnmatch(name, each) for each in FILES)} == wanted
