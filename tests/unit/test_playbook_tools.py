"""The small programs of the playbooks: keys, the support bundle's scrubbing, the summary of drift."""

import importlib.util
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.server import KEY, ROOT, Server, clean_environment

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


def test_a_bundle_holds_no_line_with_a_text_an_id_or_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = load("files/bundle.py")
    monkeypatch.setattr(bundle, "DATA", tmp_path)
    monkeypatch.setattr(bundle, "ETC", tmp_path)
    (tmp_path / "api_keys").write_text(f"# One API key per line\n{KEY}\n")
    with closing(sqlite3.connect(tmp_path / "conversations.db")) as db:
        db.execute("CREATE TABLE turns (user_id, user_text, answer)")
        db.execute("CREATE TABLE observations (user_id, text)")
        db.execute("CREATE TABLE conversations (state)")
        db.execute("INSERT INTO turns VALUES ('77011234567', 'Меня зовут Айгерим\nда', 'Очень приятно!')")
        db.execute("INSERT INTO observations VALUES ('77011234567', 'Перезвоните (сегодня)')")
        noted = {"slots": {"name": "Олег", "contact": "oleg@shop.example", "demo_wanted": "yes"}, "stage": "greeting"}
        db.execute("INSERT INTO conversations VALUES (?)", (json.dumps(noted),))
        db.commit()
    words = bundle.Forbidden(bundle.forbidden())
    bad = [
        f"Authorization: Bearer {KEY}",
        json.dumps({"text": "Меня зовут Айгерим"}),
        json.dumps({"text": "Перезвоните (сегодня)"}, ensure_ascii=False),
        "user 77011234567 asked",
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
def test_a_line_is_replaced_exactly_when_it_holds_one_of_the_texts(texts: list[str], lines: list[str]) -> None:
    words = load("files/bundle.py").Forbidden(texts)
    for line in [*lines, *(line + text for line, text in zip(lines, texts, strict=False))]:
        assert words.search(line) == any(text in line for text in texts)


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
    tasks = yaml.safe_load((ROOT / "roles/app/tasks/key.yml").read_text("utf-8"))
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
