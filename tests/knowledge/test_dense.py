"""The embedder: prefixes, vectors, their cache on disk, and what is said when it cannot be loaded."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from app.errors import ConfigError
from app.knowledge.dense import DenseIndex, nearest, parts
from app.knowledge.hub import fingerprint
from app.knowledge.models import Models, open_models
from app.knowledge.vectors import VectorCache
from app.settings import load
from app.types import Section
from loadtests.service import ROOT, clean_environment
from tests import models

TEXTS = ["Принтер чеков печатает.", "Сканер читает штрихкоды и маркировку на складе.", "Доставка за два дня."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.embedder(tmp_path_factory.mktemp("models") / "embedder")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[Models]:
    found = models.opened(folder)
    yield found
    found.close()


# Prefixes


def test_the_prefix_of_a_question_reaches_the_network_with_its_trailing_space(loaded: Models) -> None:
    assert loaded.dense
    tokenizer = models.tokens(loaded, "dense")
    with models.inputs(loaded, "dense") as seen:
        loaded.dense.embedder.queries(["касса"])[0]
    assert tokenizer.decode(seen[0], skip_special_tokens=True) == "search_query: касса"
    assert seen[0] == tokenizer("search_query: касса")["input_ids"]
    assert seen[0] != tokenizer("search_query:касса")["input_ids"], "the space is part of the prefix"
    prefix = tokenizer("search_query:")["input_ids"][:-1]
    assert seen[0][: len(prefix)] == prefix


def test_the_prefix_of_sections_is_the_other_one(loaded: Models) -> None:
    assert loaded.dense
    with models.inputs(loaded, "dense") as seen:
        loaded.dense.embedder.documents(TEXTS)
    decoded = {models.tokens(loaded, "dense").decode(ids, skip_special_tokens=True) for ids in seen}
    assert decoded == {f"search_document: {text}" for text in TEXTS}


def test_without_prefixes_the_text_is_read_alone_and_the_vector_is_another_one(folder: Path, loaded: Models) -> None:
    plain = models.opened(folder, query_prefix="", document_prefix="")
    assert plain.dense
    assert loaded.dense
    with models.inputs(plain, "dense") as seen:
        bare = plain.dense.embedder.queries(["касса"])[0]
    assert models.tokens(plain, "dense").decode(seen[0], skip_special_tokens=True) == "касса"
    assert float(bare @ loaded.dense.embedder.queries(["касса"])[0]) < 0.9999
    assert np.array_equal(bare, plain.dense.embedder.documents(["касса"])[0])
    plain.close()


def test_the_settings_file_keeps_the_trailing_space(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text('retriever:\n  query_prefix: "query: "\n', "utf-8")
    assert load(path, {}).retriever.query_prefix == "query: "
    defaults = load(environ={}).retriever
    assert (defaults.query_prefix, defaults.document_prefix) == models.PREFIXES


# Vectors


def test_vectors_are_unit_float32_and_do_not_depend_on_their_neighbours(loaded: Models) -> None:
    assert loaded.dense
    together = loaded.dense.embedder.documents(TEXTS)
    assert together.shape == (3, 32)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.allclose(loaded.dense.embedder.documents([text])[0], vector, atol=1e-5)
    assert loaded.dense.embedder.queries(["касса"])[0].shape == (32,)


def test_a_long_text_is_cut_at_512_tokens(loaded: Models) -> None:
    assert loaded.dense
    with models.inputs(loaded, "dense") as seen:
        loaded.dense.embedder.documents(["касса " * 2000])
    assert len(seen[0]) == 512


def test_a_vector_that_is_no_direction_is_an_error_and_never_a_score(folder: Path) -> None:
    broken = models.opened(folder)
    assert broken.dense
    network = models.network(broken, "dense")
    network.encoder.final_layer_norm.weight.data.fill_(float("nan"))
    with pytest.raises(ValueError, match="no direction"):
        broken.dense.embedder.queries(["касса"])[0]
    network.encoder.final_layer_norm.weight.data.fill_(0)
    with pytest.raises(ValueError, match="no direction"):
        broken.dense.embedder.documents(["касса"])
    broken.close()


def test_every_part_of_a_section_is_embedded_for_itself() -> None:
    section = Section("id7", "Текст.", "category", title="Имя", questions=("что это", "Имя"), keywords=("раз", "два"))
    assert parts(section) == ("Имя", "что это", "раз, два", "Текст.")
    assert parts(Section("a", "Один текст.", "c")) == ("Один текст.",)


def test_a_long_text_is_embedded_in_pieces_of_whole_sentences() -> None:
    sentence = "Касса печатает чек и отправляет его покупателю"
    found = parts(Section("a", "\n".join([f"{sentence}. " * 10] * 3), "c"))
    assert len(found) == 3
    assert all(piece.startswith(sentence) and len(piece) <= 600 for piece in found)
    assert "".join("".join(found).split()) == (sentence.replace(" ", "") + ".") * 30
    assert parts(Section("a", "слово " * 500, "c")) == (("слово " * 500).strip(),), "a sentence is never cut"


def test_similarities_are_cosines_of_the_nearest_part_and_expired_sections_have_none() -> None:
    sections = [Section(name, name, "c", valid_until=end) for name, end in (("a", None), ("b", date(2026, 6, 1)))]
    index = DenseIndex(sections, np.array([[1, 0], [0.6, 0.8], [-1, 0]], dtype=np.float32), [1, 2])
    query = np.array([0, 1], dtype=np.float32)
    assert index.similarities(query, date(2026, 6, 1)) == pytest.approx([0, 0.8])
    assert nearest(index.similarities(query, date(2026, 6, 1)), 5) == [1, 0]
    assert nearest(index.similarities(query, date(2026, 6, 2)), 5) == [0]


# The cache


def test_a_second_start_embeds_nothing(folder: Path, tmp_path: Path) -> None:
    first = models.opened(folder, cache=tmp_path)
    assert first.dense
    made = first.dense.vectors(TEXTS)
    assert (first.dense.cache.hits, first.dense.cache.misses) == (0, 3)
    first.close()
    second = models.opened(folder, cache=tmp_path)
    assert second.dense
    with models.inputs(second, "dense") as seen:
        again = second.dense.vectors([TEXTS[2], TEXTS[0], TEXTS[1]])
    assert seen == []
    assert (second.dense.cache.hits, second.dense.cache.misses) == (3, 0)
    assert np.array_equal(again, made[[2, 0, 1]])
    second.close()


def test_only_a_new_text_is_embedded(folder: Path, tmp_path: Path) -> None:
    found = models.opened(folder, cache=tmp_path)
    assert found.dense
    found.dense.vectors(TEXTS)
    with models.inputs(found, "dense") as seen:
        found.dense.vectors([*TEXTS[:2], "Доставка за три дня."])
    assert len(seen) == 1
    found.close()


def test_another_prefix_or_other_weights_share_no_vector(folder: Path, tmp_path: Path) -> None:
    other = models.embedder(tmp_path / "other", seed=1)
    for options in ({"embedder": folder}, {"embedder": folder, "document_prefix": "passage: "}, {"embedder": other}):
        found = models.opened(cache=tmp_path / "vectors", **options)
        assert found.dense
        found.dense.vectors(TEXTS)
        assert found.dense.cache.hits == 0
        found.close()
    assert len(list((tmp_path / "vectors").iterdir())) == 3


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "other", "garbage"])
def test_a_damaged_file_is_computed_again(damage: str, tmp_path: Path) -> None:
    vector = np.arange(4, dtype=np.float32)
    cache = VectorCache(tmp_path, "model")
    cache.put("a", vector)
    cache.put("b", vector + 1)
    (kept, changed) = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    data = bytearray(changed.read_bytes())
    if damage == "other":
        data = bytearray(kept.read_bytes())
    elif damage == "bit":
        data[-1] ^= 1
    else:
        data = {"cut": data[:-3], "empty": bytearray(), "garbage": bytearray(b"\xff" * 99)}[damage]
    changed.write_bytes(bytes(data))
    assert [cache.get("a") is None, cache.get("b") is None].count(True) == 1
    cache.put("a", vector)
    cache.put("b", vector + 1)
    assert np.array_equal(np.stack([cache.get("a"), cache.get("b")]), np.stack([vector, vector + 1]))  # type: ignore[arg-type, list-item]


def test_files_are_whole_or_absent_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path, "model")
    cache.put("a", np.ones(4, dtype=np.float32))
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.name.startswith("."), "the part was renamed"


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    found = models.opened(folder, cache=tmp_path / "taken")
    assert found.dense
    assert found.dense.vectors(TEXTS).shape == (3, 32)
    assert found.dense.vectors(TEXTS).shape == (3, 32)
    assert found.dense.cache.hits == 0
    found.close()


def test_a_model_is_named_by_its_content_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert fingerprint(moved) == fingerprint(folder)
    (moved / "README.md").write_text("other words")
    assert fingerprint(moved) == fingerprint(folder)
    weights = moved / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    assert fingerprint(moved) != fingerprint(folder)


@pytest.mark.parametrize("place", [0, 2 << 20, (4 << 20) - 1], ids=["head", "middle", "tail"])
def test_other_weights_of_a_big_file_have_another_fingerprint(tmp_path: Path, place: int) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(bytes(4 << 20))
    before = fingerprint(tmp_path)
    with weights.open("r+b") as file:
        file.seek(place)
        file.write(b"x")
    assert fingerprint(tmp_path) != before


# What cannot be loaded


def test_a_missing_folder_and_one_without_a_model_are_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"retriever\.embedder: there is no folder '.*nowhere'; name an existing one"):
        models.opened(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"retriever\.embedder '.*empty' cannot be loaded: .*holds a whole model"):
        models.opened(tmp_path / "empty")


def test_a_model_that_is_not_here_while_the_hub_is_out_of_reach_is_named_with_the_fix() -> None:
    with pytest.raises(ConfigError, match=r"'acme/no-such-model' cannot be loaded: .*hf download acme/no-such-model"):
        models.opened("acme/no-such-model", embedder_revision="0" * 40)


def test_weights_cut_short_are_no_model(folder: Path, tmp_path: Path) -> None:
    cut = shutil.copytree(folder, tmp_path / "cut")
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ConfigError, match=r"cannot be loaded: .*holds a whole model"):
        models.opened(cut)


@pytest.mark.parametrize("setting", ["embedder", "reranker"])
def test_without_the_extra_the_setting_names_what_to_install(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # Python's own way to say: not installed
    with pytest.raises(ConfigError, match=rf"retriever\.{setting} is set.*pip install 'sales-machine\[semantic\]'"):
        models.opened(**{setting: "acme/model", f"{setting}_revision": "0" * 40})


def test_a_gpu_that_is_not_there_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"retriever\.device is cuda.*set it to auto or cpu"):
        models.opened(folder, device="cuda")


def test_with_no_model_nothing_is_loaded_and_no_thread_is_made() -> None:
    assert open_models(load(environ={}).retriever) == Models()
    code = "import sys, app.service.assembly, app.knowledge.shelf; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=clean_environment(), check=False).returncode == 0
