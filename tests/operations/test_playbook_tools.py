"""The small programs of the playbooks: keys, the support bundle's scrubbing, the summary of drift."""

import ast
import base64
import importlib.util
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry import Telemetry, configure_logging
from app.visible import visible
from loadtests.service import KEY, ROOT, Server, clean_environment
from tests.thrift import parsed

DRIFT = """
TASK [Try the deploy user (on a new server it is refused, which is no error)] ***
fatal: [web]: UNREACHABLE! => refused

TASK [base : Write the sysctl settings] ****************************************
--- before: /etc/sysctl.d/60.conf
+++ after: /root/60.conf
@@ -1,2 +1 @@
 kept = 1
-# by hand

changed: [web]

TASK [base : Apply them] *******************************************************
ok: [web]
skipping: [other]

PLAY RECAP *********************************************************************
"""


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "playbooks" / path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUNDLE = load("files/bundle.py")


@pytest.fixture
def keys(tmp_path: Path) -> ModuleType:
    module = load("files/keys.py")
    module.KEYS, module.BEFORE = tmp_path / "api_keys", tmp_path / "run" / "before"  # type: ignore[attr-defined]
    (tmp_path / "api_keys").write_text(f"# a comment\n{KEY}\n")
    return module


def test_keys_are_added_once_retired_once_and_can_be_put_back(keys: ModuleType) -> None:
    assert keys.act("add") == {"written": True, "keys": 2}
    old, new = keys.read(keys.KEYS)
    assert old == KEY
    assert len(new) >= 43
    assert keys.act("add") == {"written": False, "keys": 2}
    assert keys.act("retire") == {"written": True, "keys": 1}
    assert keys.read(keys.KEYS) == [new]
    assert keys.act("restore") == {"written": True, "keys": 2}
    assert keys.read(keys.KEYS) == [old, new]
    assert keys.KEYS.stat().st_mode & 0o777 == 0o600
    keys.act("forget")
    assert not keys.BEFORE.exists()
    assert keys.act("restore")["written"] is False


def test_a_key_is_worth_what_the_service_says(keys: ModuleType, tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        keys.URL = f"{server.url}/api/v1/process"  # type: ignore[attr-defined]
        assert keys.prove() == {"well": True, "valid": [422], "retired": [], "unknown": 401}
        keys.act("add")  # the service does not know it yet
        assert keys.prove()["well"] is False
        keys.act("retire")  # and it still lets the old one in
        assert keys.prove() == {"well": False, "valid": [401], "retired": [422], "unknown": 401}
    with closing(sqlite3.connect(tmp_path / "data" / "conversations.db")) as db:
        assert db.execute("SELECT count(*) FROM conversations").fetchone()[0] == 0


def test_a_service_that_lets_any_key_in_proves_no_key(keys: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "status", lambda _: 422)
    assert keys.prove() == {"well": False, "valid": [422], "retired": [], "unknown": 422}


def test_a_bundle_holds_no_line_with_a_text_an_id_or_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = load("files/bundle.py")
    monkeypatch.setattr(bundle, "DATA", tmp_path)
    monkeypatch.setattr(bundle, "ETC", tmp_path)
    (tmp_path / "api_keys").write_text(f"# One API key per line\n{KEY}\n")
    with closing(sqlite3.connect(tmp_path / "conversations.db")) as db:
        db.execute("CREATE TABLE turns (session_id, user_id, request_id, user_text, answer)")
        db.execute("CREATE TABLE observations (session_id, user_id, request_id, text)")
        db.execute("CREATE TABLE conversations (session_id, user_id, state)")
        ids = "'wa-salon-19', '77011234567'"
        db.execute(f"INSERT INTO turns VALUES ({ids}, 'msg-b7e1', 'Меня зовут Айгерим\nда', 'Очень приятно!')")
        db.execute(f"INSERT INTO observations VALUES ({ids}, NULL, 'Перезвоните (сегодня)')")
        noted = {"slots": {"name": "Олег", "contact": "oleg@shop.example", "demo_wanted": "yes"}, "stage": "greeting"}
        db.execute(f"INSERT INTO conversations VALUES ({ids}, ?)", (json.dumps(noted),))
        db.commit()
    words = bundle.forbidden({})
    bad = [
        f"Authorization: Bearer {KEY}",
        json.dumps({"text": "Меня зовут Айгерим"}),
        json.dumps({"text": "Перезвоните (сегодня)"}, ensure_ascii=False),
        "user 77011234567 asked",
        "user 77011230000 of wa-salon-19 asked",
        "no answer to msg-b7e1",
        "session_77011234567_user kept",
        "the contact is Oleg@oleg@shop.example.",
        "Олег, добрый день",
        json.dumps({"who": "Олег"}),
    ]
    good = ["# One API key per line", "да", '{"event": "request", "status": 200}', "Олегович", "yes, at the greeting"]
    text, count = bundle.scrubbed("\n".join([*bad, *good]), words)
    assert count == len(bad)
    assert text.splitlines() == [bundle.REPLACED] * len(bad) + good


@given(
    texts=st.lists(st.text("аб ", min_size=6, max_size=12), max_size=30),
    lines=st.lists(st.text("абв ", max_size=40), max_size=10),
)
def test_a_line_is_replaced_exactly_when_it_holds_the_words_of_one_of_the_texts(
    texts: list[str], lines: list[str]
) -> None:
    words = BUNDLE.Forbidden(texts)
    sought = [spaced for text in texts if len(spaced := " ".join(text.split())) >= 6]
    for line in [*lines, *(line + text for line, text in zip(lines, texts, strict=False))]:
        assert words.search(line) == any(f" {text} " in f" {' '.join(line.split())} " for text in sought)


@pytest.fixture
def talkative() -> Iterator[tuple[Callable[..., str], io.StringIO]]:
    """A log that says everything, and what it wrote. Called with a text, it writes it as the service would."""
    stream = io.StringIO()
    configure_logging("debug", stream)
    telemetry = Telemetry(b"k" * 32, log_text=True)
    ids = {"request_id": "0fb4cb8c8e66", "session": "5ff31990db35", "user": "c9bfb3e40af5"}

    def write(text: str) -> str:
        telemetry.log.debug("asked", **ids, **telemetry.text(text))
        return stream.getvalue().splitlines()[-1]

    yield write, stream
    configure_logging()


PROSE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@pytest.mark.parametrize(
    "text", ['зовут "Гүлнар"', "пин\t40317", "код\u2060слово 771", "D:\\Отчёты\\Сауле", "\u202eотсюда"]
)
def test_no_text_of_the_talkative_log_stays_whether_the_memory_holds_it_or_not(
    talkative: tuple[Callable[..., str], io.StringIO], text: str
) -> None:
    bundle = load("files/bundle.py")
    line = talkative[0](text)
    for words in (bundle.Forbidden(), bundle.Forbidden([text])):
        for prefix in ("", "2026-03-14T09:26:53+0500 shop-1 machine[412]: "):
            kept, count = bundle.scrubbed(prefix + line, words, journal=True)
            assert count == 1
            fields = json.loads(kept.removeprefix(prefix))
            assert set(fields) == {"request_id", "session", "user", "event", "level", "at", "left_out"}
            assert fields["event"] == "asked"


@given(text=PROSE.filter(lambda text: len(re.findall(r"\w+", text)) > 1), ascii_only=st.booleans())
def test_a_stored_text_is_found_however_a_line_escapes_it(text: str, ascii_only: bool) -> None:
    secret = f"Қарлығаш {text} жасырын".replace("\n", " ")
    words = BUNDLE.Forbidden([secret])
    for line in (json.dumps(secret, ensure_ascii=ascii_only), visible(json.dumps(secret, ensure_ascii=False))):
        assert words.search(f"said {line}.")
        kept, _ = BUNDLE.scrubbed(json.dumps({"event": "x", "logger": "other", "detail": secret}), words, journal=True)
        assert BUNDLE.REPLACED in kept
        assert "жасырын" not in json.loads(kept).values()


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "asked", "text": "он забыт',
        '{"event": "asked", "text": "он забыт"} and more',
        '{"event": "asked", "event": "он забыт"}',
        '{"event": "asked", "он забыт": 1}',
        '{"event": "он забыт"}',
        '{"user": "он забыт", "event": "asked"}',
        '{"user": 77051112233, "route": "/он забыт"}',
        '{"event": "failed", "trace": ["он забыт"]}',
        '{"event": "failed", "detail": {"a": ["он забыт"]}}',
        "  " + '{"event": "asked", "said": ["он забыт"]}',
        '{"event": ' + "[" * 100_000,
    ],
)
def test_a_text_that_no_memory_holds_does_not_stay_in_another_form_of_line(line: str) -> None:
    bundle = load("files/bundle.py")
    kept, count = bundle.scrubbed(line, bundle.Forbidden(), journal=True)
    assert count == 1
    assert "забыт" not in kept
    assert "7705" not in kept


def test_the_other_half_of_a_line_that_the_journal_cut_goes_too() -> None:
    bundle = load("files/bundle.py")
    ours, other = "2026-03-14T09:26:53+0500 shop-1 machine[412]: ", "2026-03-14T09:26:54+0500 shop-1 systemd[1]: "
    lines = [
        ours + '{"event": "asked", "text": "тайна ',
        other + "Reloading",
        ours + 'тайна"}',
        ours + '{"event": "asked"}',
        ours + "plain",
    ]
    kept, count = bundle.scrubbed("\n".join(lines), bundle.Forbidden(), journal=True)
    assert count == 2
    assert kept.splitlines() == [ours + bundle.REPLACED, lines[1], ours + bundle.REPLACED, *lines[3:]]


JOURNAL = [
    '{"method": "POST", "route": "/api/v1/process", "request_id": "49488db82d70", "session": "acc7da2aab10", "user": '
    '"ecf77c85f732", "status": 200, "ms": 6.9, "event": "request", "level": "info", "at": "2026-11-29T22:55:23.075007Z"}',
    '{"event": "request", "request_id": null, "hung_up": true, "at": "2026-11-29T22:55:23.075007Z", "status": 499}',
    '{"event": "Building index from tokens", "level": "debug", "logger": "bm25s"}',
    '{"event": "failed", "exception": "KeyError", "trace": ["turn.py:40:process"], "level": "error"}',
    '{"address": "127.0.0.1:8000", "backend": "ollama", "event": "serving", "level": "info"}',
    "Started sales-machine.service - Sales machine.",
]
OTHERS = [
    "2026/11/29 22:55:23 [error] 812#812: *9 connect() failed (111: Connection refused) while connecting to upstream",
    'time=2026-11-29T22:55:23.075+05:00 level=INFO source=sched.go:517 msg="updated VRAM"',
    "Id=nginx.service ActiveState=active SubState=running NRestarts=0 Result=success",
    'machine_requests_total{route="/api/v1/process",status="200"} 41.0',
]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "status",
            "active",
            "POST",
            "KeyError",
            "service",
            "serving",
            "ms",
            "connection refused",
            "level=INFO source",
        ),
        *("2026-11", "2026-11-29T22:55", "22:55:23", '"level": "info"', "machine_requests_total", "api/v1", "turn.py"),
    ],
)
def test_a_customer_cannot_blank_the_journals_with_a_word_of_theirs(text: str) -> None:
    bundle = load("files/bundle.py")
    words = bundle.Forbidden([text])
    assert bundle.scrubbed("\n".join(JOURNAL), words, journal=True) == ("\n".join(JOURNAL) + "\n", 0)
    assert bundle.scrubbed("\n".join(OTHERS), words) == ("\n".join(OTHERS) + "\n", 0)


@given(length=st.integers(1, 60), start=st.integers(0, 59))
def test_a_quotation_of_eleven_words_is_found_wherever_it_begins_and_of_six_from_the_beginning(
    length: int, start: int
) -> None:
    said = [f"слово{number}" for number in range(length)]
    words = BUNDLE.Forbidden([" ".join(said)])
    assert words.search(" ".join(["cut:", *said[:6], "..."]))
    quoted = said[start : start + 11]
    assert words.search(f"{' '.join(quoted)} ...") or len(quoted) < 11


def test_the_name_of_a_figure_is_no_text_of_a_customer() -> None:
    telemetry = Telemetry(b"k" * 32)
    exposition = telemetry.exposition().decode()
    names = re.findall(r"^# TYPE (\w+)", exposition, re.MULTILINE)
    assert len(names) > 20
    assert BUNDLE.scrubbed(exposition, BUNDLE.Forbidden(names)) == (exposition, 0)


def test_a_common_word_takes_the_value_that_equals_it_and_nothing_more() -> None:
    bundle = load("files/bundle.py")
    line = json.dumps({"detail": "Active ", "meaning": "no longer active", "event": "model", "state": "active"})
    kept, count = bundle.scrubbed(line, bundle.Forbidden(["active"]), journal=True)
    assert count == 1
    assert json.loads(kept) == json.loads(line) | {"detail": bundle.REPLACED, "left_out": 0}


def test_of_a_json_document_only_the_strings_go_that_hold_something() -> None:
    checks = [{"name": "disk", "said": "two spare blocks"}, {"name": "gpu", "said": ["fan stands", "for Жанарбек: 7"]}]
    document = {"level": "warning", "checks": checks, "by": {"Жанарбек": 1}, "exit": 1, "ok": None}
    lines = [json.dumps(document), "and on standard error", "of Жанарбек"]
    kept, count = zip(
        *BUNDLE.documented(iter(lines), BUNDLE.Forbidden(["warning", "fan stands", "Жанарбек: "])), strict=True
    )
    checks[1]["said"] = [BUNDLE.REPLACED, BUNDLE.REPLACED]
    assert json.loads(kept[0]) == document | {"by": {BUNDLE.REPLACED: 1}}
    assert kept[1:] == ("and on standard error", BUNDLE.REPLACED)
    assert count == (True, False, True)
    broken = ['{"level": "Жанарбек', "well"]
    assert [line for line, _ in BUNDLE.documented(iter(broken), BUNDLE.Forbidden(["Жанарбек, да"]))] == broken
    assert [line for line, _ in BUNDLE.documented(iter(broken), BUNDLE.Forbidden(["level Жанарбек"]))] == [
        BUNDLE.REPLACED,
        "well",
    ]


def test_every_event_and_field_of_the_log_is_known_to_the_bundle() -> None:
    bundle = load("files/bundle.py")
    known = set(bundle.SHAPES) | bundle.COMPARED | {"exc_info", "trace"}
    calls = [
        node
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and re.search(r"(\.log|get_logger\(\))\.(debug|info|warning|error)$", ast.unparse(node.func))
    ]
    assert len(calls) > 20
    for call in calls:
        (event,) = call.args
        assert isinstance(event, ast.Constant)
        assert event.value in bundle.EVENTS.split("|")
        assert {each.arg for each in call.keywords if each.arg} <= known


def test_the_texts_of_many_answers_cost_little_memory() -> None:
    code = f"""
import importlib.util, pathlib, random
spec = importlib.util.spec_from_file_location("bundle", {str(ROOT / "playbooks/files/bundle.py")!r})
bundle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bundle)
pick = random.Random(4).choices
words = bundle.Forbidden("".join(pick("абвгдежзиклмнопрстуф   ", k=300)) for _ in range(30_000))
print(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 110 * 1024


def _zeros(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 33)


@pytest.mark.parametrize("name", ["log.key", "api_keys"])
@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (lambda path: path.symlink_to("/dev/zero"), "a link"),
        (lambda path: path.symlink_to("nowhere"), "a link"),
        (os.mkfifo, "no regular file"),
        (Path.mkdir, "no regular file"),
        (_zeros, "larger than"),
    ],
)
def test_a_file_of_secrets_that_is_none_is_not_read_and_named_in_the_bundle(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    put: Callable[[Path], None],
    reason: str,
    name: str,
) -> None:
    bundle = load("files/bundle.py")
    data = tmp_path / "data"
    data.mkdir()
    put(data / name)
    for folder in ("DATA", "ETC"):
        monkeypatch.setattr(bundle, folder, data)
    monkeypatch.setattr(bundle, "COMMANDS", {"host.txt": "echo well; echo ill >&2", "it.json": "echo '[1]'"})
    monkeypatch.setattr(bundle, "UNITS", ())
    monkeypatch.setattr(sys, "argv", ["bundle.py", str(tmp_path / "b.tar.gz"), "1"])
    bundle.main()
    told = json.loads(capsys.readouterr().out)
    assert reason in told["refused"][str(data / name)]
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        files = {each.name: archive.extractfile(each).read().decode() for each in archive}  # type: ignore[union-attr]
    assert files["b/host.txt"] == "well\nill\n"
    assert files["b/it.json"] == "[1]\n"
    assert name in files["b/not-read.txt"]
    assert reason in files["b/not-read.txt"]


@pytest.mark.parametrize("key", [bytes(range(200, 232)), b"correct horse battery", b"\xff" * 9 + b"\nstatus\n"])
def test_the_key_of_the_hashes_is_looked_for_as_it_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: bytes
) -> None:
    monkeypatch.setattr(BUNDLE, "DATA", tmp_path)
    monkeypatch.setattr(BUNDLE, "ETC", tmp_path)
    (tmp_path / "log.key").write_bytes(key)
    words = BUNDLE.forbidden({})
    for written in (key.hex(), base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode(), repr(key)[2:-1]):
        assert words.search(f"key={written}")
    assert not words.search("status=200 \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd")


@pytest.mark.parametrize("state", ["[]", "null", '{"slots": 7}', '{"slots": {"name": ', "[" * 100_000, None])
def test_a_state_that_is_none_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str | None
) -> None:
    monkeypatch.setattr(BUNDLE, "DATA", tmp_path)
    monkeypatch.setattr(BUNDLE, "ETC", tmp_path)
    monkeypatch.setattr(sys, "argv", ["bundle.py", str(tmp_path / "b.tar.gz"), "1"])
    with closing(sqlite3.connect(tmp_path / "conversations.db")) as db:
        db.execute("CREATE TABLE turns (session_id, user_id, request_id, user_text, answer)")
        db.execute("CREATE TABLE observations (session_id, user_id, request_id, text)")
        db.execute("CREATE TABLE conversations (session_id, user_id, state)")
        db.execute("INSERT INTO conversations VALUES ('wa-salon-19', '77011234567', ?)", (state,))
        db.commit()
    with pytest.raises(SystemExit, match=r"none was made\. Fix: "):
        BUNDLE.main()


@pytest.mark.parametrize("name", ["conversations.db", "conversations.db-wal"])
def test_a_memory_that_is_no_regular_file_makes_no_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bundle = load("files/bundle.py")
    monkeypatch.setattr(bundle, "DATA", tmp_path)
    monkeypatch.setattr(bundle, "ETC", tmp_path)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name} is no regular file"):
        bundle.forbidden({})


def test_a_full_memory_and_a_full_journal_are_a_matter_of_seconds() -> None:
    bundle = load("files/bundle.py")
    texts = [f"Здравствуйте, это заказ номер {number}, " + "когда вы привезёте? " * 3 for number in range(25_000)]
    line = '2026-01-31T02:30:00 machine sales-machine[1]: {"event": "turn", "answer": "Здравствуйте, это заказ номер '
    journal = "\n".join([line + f'{number}x"}}' for number in range(20_000)] + [texts[7]])
    started = time.process_time()
    _, count = bundle.scrubbed(journal, bundle.Forbidden(texts))
    assert count == 1
    assert time.process_time() - started < 8


def test_drift_is_read_from_what_ansible_prints() -> None:
    drift = load("drift.py")
    ((task, hosts, diff),) = drift.differences(DRIFT)
    assert (task, hosts) == ("base : Write the sysctl settings", ["web"])
    assert "    -# by hand" in diff.splitlines()
    assert drift.differences(DRIFT.replace("changed:", "ok:")) == []


def test_the_reason_is_the_first_failure_that_is_one() -> None:
    drift = load("drift.py")
    failed = DRIFT.replace("ok: [web]", 'fatal: [web]: FAILED! => {"msg": "machine_domain is nonsense. Fix: write it"}')
    assert drift.reason(failed).startswith("base : Apply them: fatal: [web]")
    assert "machine_domain" in drift.reason(failed)


@pytest.mark.parametrize(("content", "status"), [(f"# a comment\n{KEY}\n", 0), ("shop-key-2026\n", 1), ("", 1)])
def test_the_role_asks_the_new_release_whether_it_takes_the_keys_before_it_serves(
    tmp_path: Path, content: str, status: int
) -> None:
    tasks = parsed((ROOT / "roles/app/tasks/key.yml").read_text("utf-8"))
    (task,) = (each for each in tasks if each["name"] == "The release accepts the keys")
    code = task["ansible.builtin.command"]["argv"][2]
    (tmp_path / "api_keys").write_text(content)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean_environment(CREDENTIALS_DIRECTORY=str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert ("make one" in done.stderr) == bool(status)
