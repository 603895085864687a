"""Logs and keys: a customer's words never reach a log, ids only as keyed hashes."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.server import KEY, Server, ask, clean_environment, message

CONVERSATION = [
    "Здравствуйте! Меня зовут Гульнара, у меня цветочный павильон",
    "сколько стоит терминал и принтер чеков?",
    "+7 701 987 65 43, gulnara@example.com",
    "[image]: накладная с орхидеями",
    "нет, спасибо, не надо",
]
WORDS = re.compile(r"[а-яёa-z@.]{5,}", re.IGNORECASE)


def talk(server: Server) -> list[str]:
    """The conversation and a few bad requests; every word that was said on either side."""
    said = list(CONVERSATION)
    with server.client() as client:
        for text in CONVERSATION:
            said.append(ask(client, text, user="77019876543", session="BOT_GULNARA")["answer"])
        client.post("/api/v1/process", json=message("орхидеями") | {"user_id": 5})
        client.post("/api/v1/process", content=b'{"text": "orhideya', headers={"Content-Type": "application/json"})
        client.post(
            "/api/v1/observe",
            json={"session_id": "BOT_GULNARA", "user_id": "77019876543", "text": "гортензия", "source": "human"},
        )
        httpx.post(
            f"{server.url}/api/v1/process", json={}, headers={"Authorization": "Bearer orhideya"}, trust_env=False
        )
    return [*said, "гортензия", "orhideya"]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_no_word_of_a_whole_conversation_is_in_the_logs(tmp_path: Path, level: str) -> None:
    with Server(tmp_path / "data", environment={"MACHINE_LOG__LEVEL": level}) as server:
        said = talk(server)
    log = "".join(server.log).lower()
    words = {word.lower() for text in said for word in WORDS.findall(text)}
    assert len(words) > 50
    assert sorted(word for word in words if word in log) == []
    for secret in ("77019876543", "BOT_GULNARA", "9876543", KEY):
        assert secret.lower() not in log


def test_every_line_is_json_and_carries_the_request_id_and_the_same_hash_for_the_same_customer(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server, server.client() as client:
        for number in range(2):
            ask(client, "привет", user="77019876543", request_id=f"corr-{number}")
    lines = [json.loads(line) for line in server.log]
    requests = [line for line in lines if line["event"] == "request" and line.get("request_id")]
    assert [line["request_id"] for line in requests] == ["corr-0", "corr-1"]
    assert len({line["user"] for line in requests}) == 1
    assert {"at", "level", "method", "route", "status", "ms"} <= set(requests[0])
    assert requests[0]["route"] == "/api/v1/process"


def test_the_flag_log_text_shows_texts(tmp_path: Path) -> None:
    with Server(tmp_path / "data", environment={"FF_log_text": "true", "MACHINE_LOG__LEVEL": "debug"}) as server:
        talk(server)
    assert "цветочный павильон" in "".join(server.log)


def test_memory_and_hash_key_are_readable_by_their_owner_alone(server: Server) -> None:
    for name in ("log.key", "conversations.db", "conversations.db-wal"):
        assert (server.data / name).stat().st_mode & 0o777 == 0o600


def start(tmp_path: Path, **environment: str) -> tuple[int, str]:
    """Starts `machine serve` that is expected to refuse; its exit status and output."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "app", "serve", "--port", "0", "--data", str(tmp_path / "data")],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_service_refuses_to_start_without_a_key_and_says_how_to_make_one(tmp_path: Path) -> None:
    status, output = start(tmp_path)
    assert status == 2
    assert "no API key" in output
    assert "API_KEYS" in output
    assert "Traceback" not in output


def test_three_keys_are_refused(tmp_path: Path) -> None:
    status, output = start(tmp_path, API_KEYS="one-key,two-keys,three-keys")
    assert status == 2
    assert "at most 2" in output
    assert "three" not in output


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("x", "1 character"),
        ("летящий-ключ-из-букв-длиннее-тридцати-двух", "HTTP headers"),
        ("0123456789abcdef0123456789abcde", "31 characters"),
        (f"{KEY},{KEY}", "twice"),
        (f"{KEY},hunter2", "7 characters"),
    ],
)
def test_a_key_that_could_be_guessed_or_counts_twice_is_refused_and_the_fix_named(
    tmp_path: Path, keys: str, said: str
) -> None:
    status, output = start(tmp_path, API_KEYS=keys)
    assert status == 2
    assert said in output
    assert "secrets.token_urlsafe(32)" in output
    assert not any(key in output for key in keys.split(",") if len(key) > 1)


def test_both_of_two_keys_are_accepted(tmp_path: Path) -> None:
    old, new = "old-key-" + "1234567890" * 3, "new-key-" + "1234567890" * 3
    with Server(tmp_path / "data", environment={"API_KEYS": f"{old}, {new}"}) as server:
        for key in (old, new):
            with server.client(key) as client:
                assert ask(client, "привет", user=key)["answer"]


def test_keys_come_from_systemds_credential(tmp_path: Path) -> None:
    (tmp_path / "api_keys").write_text(f"# rotated in May\n{KEY}\n\n")
    environment = {"API_KEYS": "", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    with Server(tmp_path / "data", environment=environment) as server, server.client() as client:
        assert ask(client, "привет")["answer"]


def test_a_named_key_file_that_is_missing_is_an_error_not_a_fallback(tmp_path: Path) -> None:
    status, output = start(tmp_path, API_KEYS=KEY, MACHINE_API__KEYS_FILE=str(tmp_path / "gone"))
    assert status == 2
    assert "gone" in output
