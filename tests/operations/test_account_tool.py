"""roles/tls/files/accounts.py without an authority: which account is which, and what is left of one that was removed."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT

DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("accounts", ROOT / "roles" / "tls" / "files" / "accounts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CERTBOT", tmp_path)
    return module


def made(tool: Any, name: str, day: int) -> Path:
    place = Path(tool.folder(DIRECTORY)) / name
    place.mkdir(parents=True)
    (place / "meta.json").write_text(json.dumps({"creation_dt": f"2026-01-{day:02}T00:00:00Z"}), "utf-8")
    (place / "private_key.json").write_text("secret", "utf-8")
    return place


def serves(tool: Any, name: str) -> None:
    renewal = tool.CERTBOT / "renewal" / "bot.example.com.conf"
    renewal.parent.mkdir()
    renewal.write_text(f"version = 2.1.0\n[renewalparams]\naccount = {name}\nserver = {DIRECTORY}\n", "utf-8")


def test_accounts_made_before_the_serving_one_are_old_and_those_after_it_unfinished(tool: Any) -> None:
    for name, day in (("c3", 3), ("a9", 9), ("f1", 1), ("b5", 5)):
        made(tool, name, day)
    serves(tool, "b5")
    assert tool.state("bot.example.com", DIRECTORY) == {"serving": "b5", "unfinished": ["a9"], "old": ["f1", "c3"]}


@pytest.mark.parametrize("renewal", ["", "gone"])
def test_without_the_account_that_renews_there_is_none_that_serves(tool: Any, renewal: str) -> None:
    made(tool, "a9", 9)
    if renewal:
        serves(tool, renewal)
    assert tool.state("bot.example.com", DIRECTORY)["serving"] == ""


def test_a_removed_key_is_overwritten_before_its_name_goes(tool: Any, tmp_path: Path) -> None:
    place = made(tool, "a9", 9)
    (tmp_path / "same").hardlink_to(place / "private_key.json")  # the same blocks under another name
    tool.remove(place)
    assert not place.exists()
    assert b"secret" not in (tmp_path / "same").read_bytes()


@pytest.mark.parametrize("command", ["retire", "drop"])
def test_without_a_serving_account_none_is_ended(
    tool: Any, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = made(tool, "a9", 9)
    monkeypatch.setattr("sys.argv", ["accounts.py", command, "bot.example.com", DIRECTORY])
    tool.main()
    assert not json.loads(capsys.readouterr().out).get("ended")
    assert place.exists()
