"""Logs and keys: a customer's words never reach a log, ids only as keyed hashes."""

import io
import json
import logging
import re
from pathlib import Path

import httpx
import pytest
import structlog

from app.api.keys import load_keys
from app.settings import load
from app.telemetry import configure_logging
from app.visible import visible
from loadtests.service import KEY, Server, ask, clean_environment, message
from tests.forked import machine

CONVERSATION = [
    "Здравствуйте! Меня зовут Гульнара, у меня цветочный павильон",
    "сколько стоит терминал и принтер чеков?",
    "а без интернета касса продаёт?",
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
            f"{server.url}/api/v1/process",
            json={},
            headers={"Authorization": "Bearer orhideya"},
            trust_env=False,
            verify=False,
        )
    return [*said, "гортензия", "orhideya"]


def test_a_flag_that_nobody_knows_stops_nothing_and_is_named_at_the_start(tmp_path: Path) -> None:
    with Server(tmp_path / "data", environment={"FF_tone_analisis": "true", "FF_TONE_ANALYSIS": "false"}) as server:
        pass
    (line,) = [json.loads(line) for line in server.log if "setting without effect" in line]
    assert line["level"] == "warning"
    assert "FF_tone_analisis is no flag" in line["detail"]
    assert "'FF_tone_analysis'" in line["detail"]


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


def logid(data: Path, *arguments: str) -> str:
    done = machine("logid", *arguments, "--data", str(data))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_line_is_json_and_its_hashed_ids_are_those_that_an_operator_can_ask_for(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server, server.client() as client:
        for number in range(2):
            ask(client, "привет", user="77019876543", session="BOT_1", request_id=f"corr-{number}")
    lines = [json.loads(line) for line in server.log]
    requests = [line for line in lines if line["event"] == "request" and line.get("request_id")]
    data = tmp_path / "data"
    assert [line["request_id"] for line in requests] == [logid(data, "corr-0"), logid(data, "corr-1")]
    assert {line["session"] for line in requests} == {logid(data, "BOT_1")}
    assert {line["user"] for line in requests} == {logid(data, "77019876543", "--session", "BOT_1")}
    assert "corr-" not in "".join(server.log)
    assert {"at", "level", "method", "route", "status", "ms"} <= set(requests[0])
    assert requests[0]["route"] == "/api/v1/process"


@pytest.mark.parametrize("level", ["info", "debug"])
def test_an_id_in_any_field_is_in_no_line(tmp_path: Path, level: str) -> None:
    """What a caller takes as the request's own id is often the number, or the messenger's id that holds it."""
    secret = "wamid.HBgLNzcwMTk4NzY1NDMVAgASGBQzQTk4"
    with Server(tmp_path / "data", environment={"MACHINE_LOG__LEVEL": level}) as server, server.client() as client:
        for field in ("request_id", "session_id", "user_id"):
            for _ in range(2):  # the second is given the stored answer
                client.post("/api/v1/process", json=message("привет", request_id="r") | {field: secret})
            client.post("/api/v1/process", json=message("another", request_id="r") | {field: secret})
            client.post("/api/v1/process", json=message("") | {field: secret})
            told = {"session_id": "BOT_1", "user_id": "7701", "text": "да", "source": "human"}
            assert client.post("/api/v1/observe", json=told | {field: secret}).status_code == 200
    assert len(server.log) > 15
    assert secret not in "".join(server.log)


STEERING = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028,
            0x2029, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xFFF9, 0xE0001, 0xE0041, 0xF0000)]  # fmt: skip


@pytest.mark.parametrize("character", [*STEERING, "\ud83d"], ids=lambda character: f"{ord(character):04x}")
def test_no_line_holds_what_steers_a_terminal(character: str) -> None:
    """Of both ways into the log: the machine's own lines, and those of its libraries."""
    stream, before = io.StringIO(), (structlog.get_config(), logging.getLogger().handlers[:], logging.getLogger().level)
    try:
        configure_logging("debug", stream)
        structlog.get_logger().info("said", **{"text": f"a{character}b", f"k{character}": 1})
        logging.getLogger("library").warning("said a%sb", character)
    finally:
        structlog.configure(**before[0])
        logging.getLogger().handlers[:] = before[1]
        logging.getLogger().setLevel(before[2])
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert json.loads(lines[0])["text"] == f"a{character}b"
    assert json.loads(lines[1])["event"] == f"said a{character}b"


def test_a_line_shows_words_of_every_script_and_prices_with_their_spaces() -> None:
    text = 'Қанша? "14\u00a0900\u202f₸" 👩\u200d💻 été'
    assert visible(text) == text


def test_the_flag_log_text_shows_texts(tmp_path: Path) -> None:
    with Server(tmp_path / "data", environment={"FF_log_text": "true", "MACHINE_LOG__LEVEL": "debug"}) as server:
        talk(server)
    assert "цветочный павильон" in "".join(server.log)


def test_memory_and_hash_key_are_readable_by_their_owner_alone(server: Server) -> None:
    for name in ("log.key", "conversations.db", "conversations.db-wal"):
        assert (server.data / name).stat().st_mode & 0o777 == 0o600


def start(tmp_path: Path, **environment: str) -> tuple[int, str]:
    """Starts `machine serve` that is expected to refuse; its exit status and output."""
    arguments = ("serve", "--port", "0", "--data", str(tmp_path / "data"))
    done = machine(*arguments, environment=clean_environment(**environment))
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


def test_keys_come_from_the_first_place_that_there_is(tmp_path: Path) -> None:
    named, credential, variable = (f"{place}-key-" + "1234567890" * 3 for place in ("named", "credential", "variable"))
    (tmp_path / "keys").write_text(f"# ours\n{named}\n")
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "api_keys").write_text(f"{credential}\n")

    def accepted(keys_file: str, folder: Path | None) -> list[str]:
        environ = {"API_KEYS": variable} | ({"CREDENTIALS_DIRECTORY": str(folder)} if folder else {})
        ring = load_keys(load(environ=environ | {"MACHINE_API__KEYS_FILE": keys_file}).api, environ)
        return [key for key in (named, credential, variable) if ring.accepts(f"Bearer {key}")]

    file = str(tmp_path / "keys")
    assert accepted(file, full) == accepted(file, empty) == [named]
    assert accepted("", full) == [credential]
    assert accepted("", empty) == accepted("", None) == [variable]


def test_a_named_key_file_that_is_missing_is_an_error_not_a_fallback(tmp_path: Path) -> None:
    status, output = start(tmp_path, API_KEYS=KEY, MACHINE_API__KEYS_FILE=str(tmp_path / "gone"))
    assert status == 2
    assert "gone" in output
