"""What others made reaches a server only as it was chosen: the wheel's build, the weights of the search."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.host.hosts import Play

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
OTHER = "f" * 64


def part(role: str, name: str, **variables: Any) -> Play:
    """One part of a role on this machine, without root."""
    facts = {"role": role, "part": name, "ansible_python_interpreter": sys.executable, "ansible_become": False}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory/production"]
    done = subprocess.run(
        [*command, "tests/host/playbooks/part.yml", "-e", json.dumps(facts | variables)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Play(done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize(
    "given",
    [
        {"app_embedder": "shop/words", "app_embedder_revision": "main", "app_reranker": ""},
        {
            "app_embedder": "",
            "app_settings": {"retriever": {"reranker": "shop/words", "reranker_revision": COMMIT[1:]}},
        },
    ],
    ids=["a branch", "cut short, in the settings laid over"],
)
def test_weights_that_nobody_pinned_are_refused_before_anything_changes(given: dict[str, Any]) -> None:
    play = part("app", "validate", app_reranker_revision=COMMIT, **given)
    assert play.status != 0
    assert "40 hexadecimal digits that `git ls-remote https://huggingface.co/shop/words HEAD` prints" in play.one_line
    assert re.search(r"app_(embedder|reranker)_revision is '(main|9abc\w+)'", play.one_line)


@pytest.mark.long
def test_pinned_weights_folders_and_a_search_by_words_alone_pass() -> None:
    named = {"app_embedder": "shop/words", "app_embedder_revision": COMMIT, "app_reranker": "/srv/reranker"}
    assert part("app", "validate", **named, app_model_hashes={"shop/words": {"a.safetensors": OTHER}}).status == 0
    assert part("app", "validate", app_semantic=False).status == 0


def test_a_hash_that_is_none_is_refused() -> None:
    play = part("app", "validate", app_semantic=False, app_model_hashes={"shop/words": {"model.safetensors": "latest"}})
    assert play.status != 0
    assert "write FILE: SHA256 for each file, 64 hexadecimal digits" in play.one_line


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """As the Hub's cache has one: links to files named otherwise."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / COMMIT
    blobs.mkdir()
    for name in ("model.safetensors", "2_Dense/model.safetensors", "config.json"):
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        (blobs / hashlib.sha1(name.encode()).hexdigest()).write_text(f"the content of {name}")
        link.symlink_to(blobs / hashlib.sha1(name.encode()).hexdigest())
    return snapshot


def digest(name: str) -> str:
    return hashlib.sha256(f"the content of {name}".encode()).hexdigest()


BOTH = {name: digest(name) for name in ("model.safetensors", "2_Dense/model.safetensors")}


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        (BOTH | {"model.safetensors": OTHER}, f"{OTHER} model.safetensors"),
        pytest.param(
            BOTH | {"model.safetensors": BOTH["2_Dense/model.safetensors"]},
            f"{digest('model.safetensors')} model.safetensors",
            marks=pytest.mark.long,
        ),
        ({"model.safetensors": BOTH["model.safetensors"]}, f"{digest('2_Dense/model.safetensors')} 2_Dense/model.safetensors"),
        pytest.param(BOTH | {"tokenizer.json": OTHER}, f"{OTHER} tokenizer.json", marks=pytest.mark.long),
    ],
    ids=["another content", "two files exchanged", "weights that are not named", "a file that is not there"],
)  # fmt: skip
def test_other_files_than_the_chosen_ones_are_named(snapshot: Path, chosen: dict[str, str], named: str) -> None:
    play = weights(snapshot, chosen)
    assert play.status != 0
    assert "shop/words at" in play.one_line
    assert named in play.one_line


def test_the_chosen_files_pass_whatever_lies_beside_them(snapshot: Path) -> None:
    assert weights(snapshot, BOTH).status == 0
    assert weights(snapshot, BOTH | {"config.json": digest("config.json")}).status == 0


def weights(snapshot: Path, chosen: dict[str, str]) -> Play:
    given = {"__app_model": ["shop/words", COMMIT], "__app_snapshot": str(snapshot)}
    return part("app", "weights", **given, app_model_hashes={"shop/words": chosen})
