"""`machine kb publish --no-switch`, as a deployment calls it: a version beside the one in use, under the one name."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.knowledge.publishing import Place
from tests.conftest import ROOT


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for part in ("EMBEDDER", "RERANKER"):
        monkeypatch.setenv(f"MACHINE_RETRIEVER__{part}", "")
    (tmp_path / "srv").mkdir()
    return Place(tmp_path / "srv" / "kb")


def publish(place: Place, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(main, ["kb", "publish", str(folder), "--to", str(place.link), "--json", *words])
    return done.exit_code, json.loads(done.stdout)


def edited(folder: Path, prices: str) -> Path:
    """The sample knowledge base with another file of prices."""
    folder.mkdir()
    for path in (ROOT / "kb").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "pricing.yaml").unlink()
    (folder / "pricing.yaml").write_text(prices, "utf-8")
    return folder


def test_what_is_stored_is_used_by_nobody_until_a_deployment_switches_to_it(place: Place, tmp_path: Path) -> None:
    status, told = publish(place, ROOT / "kb", "--no-switch")
    assert (status, told["outcome"], told["before"], told["removed"]) == (0, "stored", None, [])
    assert place.in_use() is None
    assert place.history() == ()
    assert publish(place, ROOT / "kb", "--no-switch")[1]["folder"] == told["folder"], "it is there already"

    place.link.symlink_to(Path(place.versions.name) / told["folder"])  # as sales-machine-release does
    for words in ((), ("--no-service",)):
        assert publish(place, ROOT / "kb", "--no-switch", *words)[1]["outcome"] == "unchanged"

    other = edited(tmp_path / "other", (ROOT / "kb/pricing.yaml").read_text("utf-8") + "# another\n")
    assert publish(place, other, "--no-service")[1]["folder"] != told["folder"]
    assert next((entry.action, entry.folder) for entry in place.history()) == ("found", told["folder"])
    assert publish(place, ROOT / "kb", "--no-service")[1]["folder"] == told["folder"], "one name, whoever brings it"


def test_what_is_refused_is_not_stored_unless_it_is_forced(place: Place, tmp_path: Path) -> None:
    without_questions = edited(tmp_path / "new", (ROOT / "kb/pricing.yaml").read_text("utf-8"))
    (without_questions / "eval").unlink()
    status, told = publish(place, without_questions, "--no-switch")
    assert (status, told["outcome"]) == (1, "refused")
    assert "it has no questions" in told["reasons"][0]
    assert not [path for path in place.versions.iterdir() if path.is_dir()]
    status, told = publish(place, without_questions, "--no-switch", "--force")
    assert (status, told["outcome"], told["forced"]) == (0, "stored", True)
    assert (place.versions / told["folder"] / "pricing.yaml").exists()
