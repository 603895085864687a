"""A person's data: exported whole, deleted to the last byte in memory and backups; others keep theirs."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.store.backup import archives, create, verify
from loadtests.service import Server, ask, message

_NUMBERS = count(1)


@dataclass(frozen=True)
class Talked:
    """A running service to which two people have talked. `secrets` are words that only the first of them has said,
    and what a colleague has written to them."""

    server: Server
    number: int

    @property
    def data(self) -> Path:
        return self.server.data

    @property
    def gone(self) -> str:
        return f"7701987654{self.number}"

    @property
    def stays(self) -> str:
        return f"7701555000{self.number}"

    @property
    def secrets(self) -> tuple[str, ...]:
        texts = ("Гульнара", "пионы из Капчагая", "орхидейный павильон", "позвоню завтра сама")
        return tuple(f"{text} {self.number}{self.number}" for text in texts)


def machine(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def talk(server: Server, user: str, *texts: str, session: str = "BOT_1") -> None:
    with server.client() as client:
        for text in texts:
            ask(client, text, user=user, session=session)


def everything(data: Path, user: str) -> list[list[tuple[Any, ...]]]:
    db = sqlite3.connect(data / "conversations.db")
    try:
        return [
            db.execute(f"SELECT * FROM {table} WHERE user_id=? ORDER BY 1, 2, 3", (user,)).fetchall()
            for table in ("conversations", "turns", "observations")
        ]
    finally:
        db.close()


def stand_in(folder: Path, *needles: str) -> list[tuple[str, str]]:
    """Which of the needles stand in the bytes of which files below."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return [(path.name, needle) for path in files for needle in needles if needle.encode() in path.read_bytes()]


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 15
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("rights") / "data", environment={"MACHINE_LOG__LEVEL": "debug"}) as server:
        yield server


@pytest.fixture
def talked(service: Server) -> Talked:
    """Two people who have talked, one of them in two sessions and at length."""
    found = Talked(service, next(_NUMBERS))
    name, peonies, orchids, call = found.secrets
    long = f"у меня {orchids} " + " ".join(f"и ещё вопрос номер {n} про тюльпаны" for n in range(150))
    talk(service, found.gone, f"Здравствуйте! Меня зовут {name}", long, "сколько стоит тариф Рост?")
    talk(service, found.gone, f"есть {peonies}?", session="BOT_2")
    talk(service, found.stays, "Здравствуйте!", "сколько стоит тариф Рост?")
    with service.client() as client:
        seen = {"session_id": "BOT_1", "user_id": found.gone, "text": call, "source": "human"}
        assert client.post("/api/v1/observe", json=seen).status_code == 200
    return found


def test_forgetting_leaves_no_byte_of_a_person_and_all_of_the_others_while_customers_are_answered(
    talked: Talked, tmp_path: Path
) -> None:
    data = talked.data
    stays = everything(data, talked.stays)
    assert {needle for _, needle in stand_in(data, talked.gone, *talked.secrets)} == {talked.gone, *talked.secrets}
    counted = machine("forget", "--user", talked.gone, "--data", data)
    assert counted.exit_code == 1
    assert "2 conversations, 4 turns, 1 observations, 9 messages; nothing was deleted" in counted.stdout
    failed, stop, answered = list[str](), threading.Event(), 0

    def caller() -> None:
        nonlocal answered
        with talked.server.client() as client:
            while not stop.is_set():
                answer = client.post("/api/v1/process", json=message("привет", user=f"7702{answered:07}"))
                answered += 1
                if answer.status_code != 200:
                    failed.append(answer.text)
                time.sleep(0.01)

    thread = threading.Thread(target=caller)
    thread.start()
    wait_until(lambda: answered >= 5)
    done = machine("forget", "--user", talked.gone, "--data", data, "--yes")
    wait_until(lambda: answered >= 15)
    stop.set()
    thread.join()
    assert done.exit_code == 0, done.output
    assert "deleted 2 conversations, 4 turns, 1 observations" in done.stdout
    assert "nothing of the person is left" in done.stdout
    assert failed == []
    assert stand_in(data, talked.gone, *talked.secrets) == []
    assert everything(data, talked.gone) == [[], [], []]
    assert everything(data, talked.stays) == stays
    assert not [line for line in talked.server.log if any(secret in line for secret in (talked.gone, *talked.secrets))]
    with talked.server.client() as client:
        assert talked.secrets[0] not in ask(client, "как меня зовут?", user=talked.gone)["answer"]
    assert len(everything(data, talked.gone)[1]) == 1, "who writes again begins anew"


def test_one_session_can_be_forgotten_alone(talked: Talked) -> None:
    done = machine("forget", "--user", talked.gone, "--session", "BOT_2", "--data", talked.data, "--yes")
    assert done.exit_code == 0, done.output
    assert stand_in(talked.data, talked.secrets[1]) == []
    assert [len(rows) for rows in everything(talked.data, talked.gone)] == [1, 3, 1]


def test_what_others_wrote_of_a_person_is_named_and_not_deleted(talked: Talked) -> None:
    talk(talked.server, talked.stays, f"это номер моей сестры {talked.gone}")
    done = machine("forget", "--user", talked.gone, "--data", talked.data, "--yes")
    assert done.exit_code == 2
    assert "the id itself, in " in done.stdout
    row = sqlite3.connect(talked.data / "conversations.db").execute(
        "SELECT id FROM turns WHERE user_text LIKE ?", (f"%{talked.gone}%",)
    )
    assert f"turns {row.fetchone()[0]}" in done.stdout


def test_an_export_holds_every_row_of_the_person_and_of_nobody_else(talked: Talked, tmp_path: Path) -> None:
    out = tmp_path / "person.json"
    done = machine("export", "--user", talked.gone, "--data", talked.data, "--out", out)
    assert done.exit_code == 0, done.output
    assert "2 conversations, 4 turns, 1 observations" in done.stdout
    assert out.stat().st_mode & 0o777 == 0o600
    told = json.loads(out.read_text("utf-8"))
    kept = everything(talked.data, talked.gone)
    for table, rows in zip(("conversations", "turns", "observations"), kept, strict=True):
        whole = [tuple(json.dumps(v) if isinstance(v, dict) else v for v in row.values()) for row in told[table]]
        assert [
            tuple(json.dumps(json.loads(v)) if isinstance(v, str) and v[:1] == "{" else v for v in row) for row in rows
        ] == whole
    assert talked.stays not in out.read_text("utf-8")
    again = machine("export", "--user", talked.gone, "--data", talked.data, "--out", out)
    assert again.exit_code == 2
    assert "exists already" in again.output
    one = tmp_path / "one.json"
    machine("export", "--user", talked.gone, "--session", "BOT_2", "--data", talked.data, "--out", one)
    assert [row["session_id"] for row in json.loads(one.read_text("utf-8"))["turns"]] == ["BOT_2"]


def test_backups_are_cleaned_sound_and_whole_for_the_others(talked: Talked, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    now = datetime(2026, 3, 4, tzinfo=UTC)
    made = [create(talked.data, target, (), "0", now + timedelta(days=day)) for day in range(2)]
    talk(talked.server, talked.stays, "а доставка есть?")
    assert {needle for _, needle in stand_in(target, talked.gone, *talked.secrets)} == {talked.gone, *talked.secrets}
    done = machine("forget", "--user", talked.gone, "--data", talked.data, "--backups", target, "--yes")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("nothing of the person is left") == 3
    assert stand_in(target, talked.gone, *talked.secrets) == []
    for archive, before in zip(archives(target), made, strict=True):
        rows = verify(archive).rows
        assert rows["turns"] == before.manifest.rows["turns"] - 4
        assert len(everything(archive, talked.stays)[1]) == 2
    before_again = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    again = machine("forget", "--user", talked.gone, "--data", talked.data, "--backups", target, "--yes")
    assert again.exit_code == 0, again.stdout
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before_again
    (target / ".partial-1-20260304T000000Z").mkdir()
    busy = machine("forget", "--user", talked.gone, "--data", talked.data, "--backups", target, "--yes")
    assert busy.exit_code == 2
    assert "a backup is being made" in busy.output


def test_what_a_restore_has_kept_is_cleaned_with_the_backups_beside_it(talked: Talked, tmp_path: Path) -> None:
    target, kept, other = (tmp_path / name for name in ("backups", "backups-before-restore", "elsewhere"))
    for place in (target, kept, other):
        create(talked.data, place, (), "0", datetime(2026, 3, 4, tzinfo=UTC))
    done = machine("forget", "--user", talked.gone, "--data", talked.data, "--backups", target, "--yes")
    assert done.exit_code == 0, done.output
    assert f"{next(kept.glob('*Z'))}: deleted" in done.stdout
    assert stand_in(target, talked.gone, *talked.secrets) == stand_in(kept, talked.gone, *talked.secrets) == []
    assert stand_in(other, talked.gone, *talked.secrets)  # what the command was not told of
    (archive,) = archives(kept)
    assert verify(archive)
    assert len(everything(archive, talked.stays)[1]) == 2


def test_one_archive_that_cannot_be_cleaned_decides_though_others_follow_it(talked: Talked, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    for day in (4, 5, 6):
        create(talked.data, target, (), "0", datetime(2026, 3, day, tzinfo=UTC))
    first = archives(target)[0]
    for name in (
        each for each in first.iterdir() if each.suffix in (".db", ".zst", ".gz") or "conversations" in each.name
    ):
        name.write_bytes(name.read_bytes()[:-64])
    done = machine("forget", "--user", talked.gone, "--data", talked.data, "--backups", target, "--yes")
    assert done.exit_code == 2, done.output
    assert all(stand_in(each, talked.gone, *talked.secrets) == [] for each in archives(target)[1:])


@pytest.mark.long
def test_old_conversations_are_deleted_by_the_service_and_by_the_command(tmp_path: Path) -> None:
    gone, stays, secret = "77019870000", "77015550000", "Гульнара из Капчагая"
    data = tmp_path / "data"
    with Server(data) as server:
        talk(server, gone, f"Меня зовут {secret}")
        talk(server, "77010000007", "привет")
        talk(server, stays, "привет")
    db = sqlite3.connect(data / "conversations.db")
    for user, days in ((gone, 40), ("77010000007", 20)):
        db.execute("UPDATE conversations SET updated_at = updated_at - ? WHERE user_id=?", (days * 86400, user))
    db.commit()
    db.close()
    with Server(data, environment={"MACHINE_STORE__RETENTION_DAYS": "30"}) as server:
        wait_until(lambda: not everything(data, gone)[0])
        with server.client() as client:
            assert "machine_conversations_expired_total 1.0" in client.get("/metrics").text
    assert everything(data, gone) == [[], [], []]
    assert everything(data, stays)[0]
    assert stand_in(data, secret, gone) == [], "before the command, which overwrites what it finds, has had a look"
    with Server(data) as server:
        never = machine("retention", "--data", data)
        assert "kept for ever" in never.stdout
        done = machine("retention", "--data", data, "--days", "10")
        assert done.exit_code == 0, done.output
        assert "deleted 1 conversations, 1 turns, 0 observations, 2 messages, older than 10 days" in done.stdout
        assert len(everything(data, stays)[0]) == 1
    assert stand_in(data, secret, gone) == []
