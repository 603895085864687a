"""The log of messages in backups, archives of before, a damaged memory, and a person's rights."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.store import Store
from app.store.backup import DATABASE, create, verify
from app.store.forgetting import forget_in_backups
from app.store.restore import restore
from app.store.rights import Person, export, forget
from app.store.salvage import salvage
from app.store.states import stored_form
from app.turn.reply import Reply
from app.types import Ask, DialogueState, Key
from tests.store import old_release

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
GONE, STAYS = Key("BOT_1", "77019876543"), Key("BOT_1", "77015550000")
STATE = json.dumps(stored_form(DialogueState(turns=1)))
RECORD = json.dumps({"bot": "shop", "ask": {"media": "image"}, "before": {}, "history": 0})


async def told(data: Path, key: Key, text: str, request: str = "r1") -> None:
    """A turn of this release, and a channel's own id for it that stands in no other table."""
    store = Store(data / DATABASE)
    before = (await store.load(key, "", 5)).snapshot
    after = before.after(DialogueState(turns=before.revision + 1))
    ask = Ask(key, text, request, channel="telegram", body_hash=f"hash of {text}")
    await store.commit(after, ask, Reply(f"Да, {text}", '{"answer": ""}'), {"bot": "shop", "history": 0})
    named = "UPDATE messages SET channel_message_id='telegram-' || user_id || '-' || id WHERE user_id=?"
    await store._writer.run(lambda db: db.execute(named, (key.user_id,)).rowcount)
    await store.close()


def told_before(data: Path, key: Key, text: str) -> None:
    """A turn of the release before."""
    data.mkdir(exist_ok=True)
    path = data / DATABASE
    with closing(old_release.connect(path) if path.exists() else old_release.blank(path)) as db:
        old_release.commit(db, key, "r1", text, f"Да, {text}", record=RECORD, state=STATE, now=1.0)


def log(data: Path) -> list[tuple[object, ...]]:
    columns = "user_id, direction, channel, channel_message_id, delivery, text"
    with closing(sqlite3.connect(data / DATABASE)) as db:
        return db.execute(f"SELECT {columns} FROM messages ORDER BY user_id, id").fetchall()


async def test_nothing_of_a_person_stays_in_the_log_of_the_memory_or_of_its_backups(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "backups"
    for key in (GONE, STAYS):
        await told(data, key, f"орхидеи для {key.user_id}")
        store = Store(data / DATABASE)
        snapshot = (await store.load(key, "", 5)).snapshot
        await store.observe(snapshot.after(snapshot.state), "Перезвоним", "human", "r1")
        await store.close()
    archive = create(data, target, [], "0", NOON).path
    assert verify(archive).rows["messages"] == 6
    person = Person(GONE.user_id)
    deleted, proof = forget(data / DATABASE, person)
    (cleaned,) = forget_in_backups(target, person)
    assert (deleted.messages, proof.remains) == (3, ())
    assert (cleaned.deleted.messages, cleaned.proof.remains) == (3, ())
    assert verify(archive).rows["messages"] == 3
    kept = [*data.iterdir(), archive / DATABASE]
    assert not [path for path in kept if f"telegram-{GONE.user_id}".encode() in path.read_bytes()]
    assert {row[0] for row in log(data)} == {STAYS.user_id}


async def test_an_archive_of_before_is_cleaned_counted_and_restored(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "backups"
    for key in (GONE, STAYS):
        told_before(data, key, f"орхидеи для {key.user_id}")
    archive = create(data, target, [], "0", NOON).path
    assert "messages" not in verify(archive).rows
    (cleaned,) = forget_in_backups(target, Person(GONE.user_id))
    assert (cleaned.deleted.turns, cleaned.deleted.messages, cleaned.proof.remains) == (1, 0, ())
    restore(archive, data)
    store = Store(data / DATABASE)
    (exchange,) = (await store.load(STAYS, "", 5)).snapshot.history
    await store.close()
    assert (exchange.user, exchange.media) == (f"орхидеи для {STAYS.user_id}", "image")


async def test_a_backup_that_the_release_before_has_cleaned_is_still_one(tmp_path: Path) -> None:
    """It deletes the person's messages with his turns, and does not know that they were counted."""
    data = tmp_path / "data"
    for key in (GONE, STAYS):
        await told(data, key, "орхидеи")
    archive = create(data, tmp_path / "backups", [], "0", NOON).path
    with closing(old_release.connect(archive / DATABASE)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
        old_release.forget(db, GONE)
    manifest = json.loads((archive / "manifest.json").read_text())
    content = (archive / DATABASE).read_bytes()
    for record in manifest["files"]:
        if record["path"] == DATABASE:
            record.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    for table in ("conversations", "turns"):
        manifest["rows"][table] -= 1
    (archive / "manifest.json").write_text(json.dumps(manifest))
    assert verify(archive).rows["turns"] == 1
    manifest["rows"]["messages"] = 1
    (archive / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match="other rows"):
        verify(archive)


async def test_what_is_given_to_a_person_holds_the_log_also_of_what_the_release_before_wrote(tmp_path: Path) -> None:
    told_before(tmp_path, STAYS, "орхидеи")
    assert export(tmp_path / DATABASE, Person(STAYS.user_id))["messages"] == [], "a memory that has no log yet"
    await Store(tmp_path / DATABASE).close()
    told_before(tmp_path, GONE, "розы")
    found = export(tmp_path / DATABASE, Person(GONE.user_id))
    assert [(each["direction"], each["text"]) for each in found["messages"]] == [("in", "розы"), ("out", "Да, розы")]
    assert [row[0] for row in log(tmp_path)] == [GONE.user_id, GONE.user_id], "of nobody else"


async def test_nobody_is_kept_from_what_is_kept_of_him_because_nothing_can_be_written_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Store(tmp_path / DATABASE).close()
    told_before(tmp_path, GONE, "розы")
    monkeypatch.setattr("app.store.rights._PATIENCE_S", 0.05)
    with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        found = export(tmp_path / DATABASE, Person(GONE.user_id))
    assert [(each["user_text"], each["answer"]) for each in found["turns"]] == [("розы", "Да, розы")]
    assert found["messages"] == [], "its log could not be completed"
    assert len(export(tmp_path / DATABASE, Person(GONE.user_id))["messages"]) == 2, "and is, once it can be"


@pytest.mark.parametrize("since", ["this release", "the release before"])
async def test_a_salvaged_conversation_has_its_log_again(tmp_path: Path, since: str) -> None:
    data = tmp_path / "data"
    await told(data, STAYS, "розы")
    archive = create(data, tmp_path / "backups", [], "0", NOON).path
    await told(data, GONE, "орхидеи")
    await told(data, STAYS, "тюльпаны", "r2")
    expected = log(data)
    damaged = data / "damaged-20260304T120000Z"
    damaged.mkdir()
    shutil.move(data / DATABASE, damaged / DATABASE)
    if since == "the release before":  # its memory has no log: what only that knew is not there
        with closing(sqlite3.connect(damaged / DATABASE)) as db:
            db.execute("DROP TABLE messages")
    restore(archive, data)
    done = salvage(damaged, data)
    assert (done.conversations, done.turns, done.rest) == (2, 2, ())
    if since == "this release":
        assert log(data) == expected
    else:
        assert [(row[0], row[1], row[5]) for row in log(data)] == [(row[0], row[1], row[5]) for row in expected]
    store = Store(data / DATABASE)
    assert [each.user for each in (await store.load(STAYS, "", 5)).snapshot.history] == ["розы", "тюльпаны"]
    assert await store.behind() == 0
    await store.close()
