"""`machine prompt`: what would be asked behind a stored conversation, and not a byte of it changed."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.service.assembly import open_machine
from app.settings import load
from app.turn.process import process
from app.types import Ask, Key
from loadtests.service import ROOT


def machine(*arguments: str, data: Path) -> Result:
    return CliRunner().invoke(main, ["prompt", *arguments, "--data", str(data), "--kb", str(ROOT / "kb")])


@pytest.fixture
def talked(tmp_path: Path) -> Path:
    async def talk() -> None:
        made = open_machine(load(environ={}), tmp_path / "data", ROOT / "kb")
        for session, text in (("BOT_1", "Сколько стоит тариф Рост?"), ("BOT_2", "Почём сканер D-Scan 1?")):
            await process(Ask(Key(session, "77010000001"), text, "r1", body_hash="1"), made.bots.default, made)
        await made.close()

    asyncio.run(talk())
    return tmp_path / "data"


def memory(data: Path) -> dict[str, str]:
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in data.iterdir()
        if not path.name.endswith(("-wal", "-shm"))
    }


def test_it_shows_the_prompt_behind_the_newest_conversation_and_stores_nothing(talked: Path) -> None:
    before = memory(talked)
    shown = machine("а два таких сколько?", "--user", "77010000001", data=talked)
    assert shown.exit_code == 0, shown.stderr
    assert "--- system\nТы " in shown.stdout and "Почём сканер D-Scan 1?" in shown.stdout
    assert "а два таких сколько?" in shown.stdout.rpartition("# Клиент")[2]
    assert "тариф Рост" not in shown.stdout.partition("--- system")[2].partition("Речь:")[2].rpartition("# Факты")[0]
    assert "tokens" in shown.stdout.splitlines()[-1]
    assert memory(talked) == before


def test_as_json_in_a_session_that_is_named(talked: Path) -> None:
    shown = machine("а за год?", "--user", "77010000001", "--session", "BOT_1", "--json", data=talked)
    told = json.loads(shown.stdout)
    assert [message["role"] for message in told["messages"]] == ["user", "assistant", "user"]
    assert "149 000 ₸" in told["messages"][-1]["content"]
    assert "name" in told["wanted"] and told["tokens"] > told["fresh"] > 0 and told["step"]["reason"]


def test_without_a_user_nothing_is_read_or_made(tmp_path: Path) -> None:
    shown = machine("Сколько стоит Сеть?", data=tmp_path / "none")
    assert shown.exit_code == 0 and "24 900 ₸" in shown.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--user", "nobody"), "there is no memory"), (("--bot", "salon"), "there is no bot 'salon'")],
)
def test_what_is_not_there_is_said_in_a_sentence(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    shown = machine("да", *options, data=tmp_path / "none")
    assert shown.exit_code == 2 and said in shown.stderr and "Traceback" not in shown.stderr


def test_without_the_flag_of_sums_it_reckons_as_little_as_the_service(talked: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("flags: {sums: false}\n")
    asked = ("а два таких сколько?", "--user", "77010000001")
    assert "49 800 ₸" in machine(*asked, data=talked).stdout
    assert "49 800 ₸" not in machine(*asked, "--settings", str(settings), data=talked).stdout
