"""The commands as a user types them: exit status, what is said, and what is not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.service import ROOT, clean_environment
from tests import forked
from tests.thrift import parsed

SECTION = """
category: shop
sections:
  - id: scanner
    text: Сканер стоит 100 ₸.
    questions: [сколько стоит сканер, почём сканер, цена сканера]
  - id: delivery
    text: Доставка по городу бесплатная.
    questions: [есть ли доставка, довезёте, сколько стоит доставка]
"""


def machine(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return forked.machine(*arguments, text=stdin, environment=clean_environment(**environment))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SECTION, "utf-8")
    return folder


def test_version_and_help() -> None:
    assert machine("version").stdout.strip()
    assert "serve" in machine("--help").stdout


def test_a_command_is_the_same_whichever_way_the_tests_start_it(tmp_path: Path) -> None:
    for arguments in (("kb", "search", "цена"), ("logid", "1", "--data", str(tmp_path)), ("nonsense",)):
        command = [sys.executable, "-m", "app", *arguments]
        typed = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, cwd=ROOT, check=False)
        done = machine(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (typed.returncode, typed.stdout, typed.stderr)


def test_settings_shows_effective_values_and_no_secret() -> None:
    done = machine("settings", API_KEYS="very-secret", FF_log_text="1", MACHINE_TURN__PARALLEL="3")
    shown = parsed(done.stdout)
    assert shown["turn"]["parallel"] == 3
    assert shown["flags"]["log_text"] is True
    assert "very-secret" not in done.stdout


def test_a_wrong_setting_is_one_sentence_and_status_2() -> None:
    done = machine("settings", MACHINE_TURN__PARALEL="3")
    assert done.returncode == 2
    assert "did you mean 'turn.parallel'" in done.stderr
    assert "Traceback" not in done.stderr


def test_search_finds_and_says_when_it_does_not(shop: Path) -> None:
    found = machine("kb", "search", "скок стоит сканнер", "--kb", str(shop))
    assert found.returncode == 0
    assert found.stdout.startswith("1. scanner")
    nothing = machine("kb", "search", "погода завтра", "--kb", str(shop))
    assert nothing.returncode == 1
    assert "does not know" in nothing.stdout


def test_explain_shows_every_step(shop: Path) -> None:
    done = machine("kb", "explain", "а сколько?", "--previous", "есть доставко?", "--kb", str(shop))
    assert done.returncode == 0
    assert "in context  есть доставко? а сколько?" in done.stdout
    assert "spelling    есть доставка" in done.stdout
    assert "lexical:1" in done.stdout
    assert "delivery" in done.stdout


def test_the_flag_query_context_off_searches_every_message_alone(shop: Path) -> None:
    arguments = ("kb", "explain", "а сколько?", "--previous", "есть доставка?", "--kb", str(shop))
    assert "in context  а сколько?" in machine(*arguments, FF_query_context="false").stdout


def test_the_flag_spelling_off_searches_words_as_typed(shop: Path) -> None:
    arguments = ("kb", "explain", "доставко", "--kb", str(shop))
    assert "spelling    доставка" in machine(*arguments).stdout
    assert "spelling    доставко" in machine(*arguments, FF_spelling="false").stdout


def test_lint_exits_0_clean_1_with_findings_2_when_unreadable(shop: Path) -> None:
    assert machine("kb", "lint", "--kb", str(shop)).returncode == 0
    (shop / "more.yaml").write_text("sections:\n  - {id: scanner, text: x}\n", "utf-8")
    done = machine("kb", "lint", "--kb", str(shop))
    assert done.returncode == 1
    assert "duplicate-id" in done.stdout
    assert "few-questions" in done.stdout
    (shop / "broken.yaml").write_text("sections:\n  - id: a\n   text: b\n", "utf-8")
    done = machine("kb", "lint", "--kb", str(shop))
    assert done.returncode == 2
    assert "broken.yaml:3" in done.stderr


def test_eval_prints_the_figures_and_json_of_the_same(shop: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text(
        '{"query": "почем сканер", "expect": ["scanner"]}\n{"query": "довезете?", "expect": "delivery"}\n'
    )
    done = machine("kb", "eval", "--kb", str(shop), "--queries", str(queries), "--json")
    report = json.loads(done.stdout)
    assert set(report) == {"queries", "hit@1", "hit@3", "hit@5", "mrr", "p95_ms"}
    assert (report["queries"], report["hit@1"], report["mrr"]) == (2, 1.0, 1.0)
    assert "hit@3" in machine("kb", "eval", "--kb", str(shop), "--queries", str(queries)).stdout


def test_eval_of_a_section_that_does_not_exist_says_which(shop: Path, tmp_path: Path) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"query": "x", "expect": ["gone"]}\n')
    done = machine("kb", "eval", "--kb", str(shop), "--queries", str(queries))
    assert done.returncode == 2
    assert "gone" in done.stderr


def test_import_shows_first_and_writes_only_when_told(tmp_path: Path) -> None:
    source = tmp_path / "faq.md"
    source.write_text("# Вопросы\n\n## Есть ли парковка?\n\nДа, во дворе.\n", "utf-8")
    preview = machine("kb", "import", str(source))
    assert preview.returncode == 0
    assert "Да, во дворе." in preview.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faq.md"]
    out = tmp_path / "out"
    assert machine("kb", "import", str(source), "--out", str(out)).returncode == 0
    assert machine("kb", "search", "парковка", "--kb", str(out)).stdout.startswith("1. ")
    again = machine("kb", "import", str(source), "--out", str(out))
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_chat_answers_shows_slots_and_why_and_quits(tmp_path: Path) -> None:
    lines = "/why\nменя зовут Айгуль\nсколько стоит тариф Рост?\n/slots\n/why\n/what\n\n/quit\nnever read\n"
    done = machine("chat", "--data", str(tmp_path / "data"), stdin=lines)
    assert done.returncode == 0, done.stderr
    assert "14 900 ₸" in done.stdout
    assert "name: Айгуль" in done.stdout
    assert "reason: price" in done.stdout
    assert "Nothing has been said yet" in done.stdout
    assert "Unknown command '/what'" in done.stdout


@pytest.mark.long
def test_chat_goes_on_with_an_earlier_conversation(tmp_path: Path) -> None:
    first = machine("chat", "--user", "u1", "--data", str(tmp_path), stdin="меня зовут Айгуль\n")
    assert first.returncode == 0
    second = machine("chat", "--user", "u1", "--data", str(tmp_path), stdin="/slots\n")
    assert "name: Айгуль" in second.stdout


@pytest.mark.long
def test_demo_plays_four_turns_through_http_and_exits() -> None:
    done = machine("demo", "--once", "--port", "0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Клиент  |") == 4
    assert "14 900 ₸" in done.stdout
    assert "149 000 ₸" in done.stdout


def test_a_port_in_use_is_named_with_the_fix() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = machine("demo", "--once", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "choose another with --host or --port" in done.stderr


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("#!/bin/sh\nexit 1\n", "needs Python 3.11 or later"),
        ('#!/bin/sh\ncase "$2" in *venv*) exit 1;; esac\n', "apt install python3-venv"),
    ],
)
def test_make_says_what_is_missing_and_how_to_get_it(tmp_path: Path, script: str, expected: str) -> None:
    python = tmp_path / "python3"
    python.write_text(script)
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "install", f"PYTHON={python}", f"VENV={tmp_path}/venv"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode != 0
    assert expected in done.stdout
    missing = subprocess.run(
        ["make", "install", "PYTHON=/nowhere/python3", f"VENV={tmp_path}/venv"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert "Install Python 3.11" in missing.stdout


def test_what_a_command_repeats_cannot_steer_the_terminal(shop: Path) -> None:
    asked = "сколько стоит сканер\x9b2J\x1b[31m\u202e"
    for arguments in (
        ("kb", "explain", asked, "--kb", str(shop)),
        ("kb", "search", asked, "--json", "--kb", str(shop)),
    ):
        done = machine(*arguments)
        assert done.stdout
        assert all(line.isprintable() for line in done.stdout.split("\n"))
    assert "\\u009b2J" in machine("kb", "explain", asked, "--kb", str(shop)).stdout
    unknown = machine("kb", "search", "да", "--kb", str(shop / "no\u2028where\x85"))
    assert unknown.returncode == 2
    assert all(line.isprintable() for line in unknown.stderr.split("\n"))


def test_commands_have_one_way_to_speak() -> None:
    """`say`: a line that was printed past it would be printed as a customer wrote it."""
    sources = {path.name: path.read_text("utf-8") for path in (ROOT / "app" / "cli").glob("*.py")}
    speaking = re.compile(r"\b(echo|secho|echo_via_pager|print)\(|stdout\.write|stderr\.write")
    assert [name for name, source in sources.items() if speaking.search(source)] == ["common.py"]


def test_the_hash_of_an_id_needs_the_key_that_the_service_has_made(tmp_path: Path) -> None:
    done = machine("logid", "77022951810", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "--data" in done.stderr
