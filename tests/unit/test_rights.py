"""Deleting a person: what is looked for is found, backups survive a kill, and nothing comes back from memory."""

import asyncio
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.afterwards import merged
from app.bots import Bot
from app.store import rights, search
from app.store.backup import create, verify
from app.store.forgetting import forget_in_backups
from app.store.rights import Person, count, export, forget
from app.store.search import standing_in
from app.turn import process
from app.types import Aside, Ask, DialogueState, Key
from tests.unit.test_publishing import killed

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
GONE, STAYS = Key("BOT_1", "77019876543"), Key("BOT_1", "77015550000")

letters = st.text("aбв01ё", min_size=1, max_size=30)


@settings(deadline=None)  # it reads files
@given(needles=st.lists(letters, max_size=12), texts=st.lists(letters, max_size=40))
def test_exactly_the_strings_that_stand_in_the_bytes_are_found_wherever_a_block_ends(
    needles: list[str], texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = "\0".join(texts).encode()
    path = tmp_path_factory.getbasetemp() / "searched"
    path.write_bytes(content)
    for block in (7, 64, 1 << 22):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(search, "_BLOCK", block)
            assert standing_in([path], needles) == {needle for needle in needles if needle.encode() in content}


async def told(bot: Bot, key: Key, *texts: str) -> None:
    for number, text in enumerate(texts):
        await process(Ask(key, text, f"{key.user_id}-{number}-{time.monotonic_ns()}"), bot)


async def test_what_a_page_kept_from_before_is_found_and_removed(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that did not overwrite deleted rows has written here: only the rebuilt file is clean."""
    await told(bot, STAYS, "привет")
    old = sqlite3.connect(bot.store.path)
    old.execute("PRAGMA secure_delete=OFF")
    old.execute("CREATE TABLE leftover (text)")
    old.execute("INSERT INTO leftover VALUES (?)", (f"орхидеи для {GONE.user_id}" * 3,))
    old.commit()
    old.execute("DROP TABLE leftover")
    old.commit()
    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    old.close()
    assert GONE.user_id.encode() in bot.store.path.read_bytes()
    monkeypatch.setattr(rights, "_REBUILT", 0)  # as if it were large: it is rebuilt only because something was found
    _, proof = forget(bot.store.path, Person(GONE.user_id))
    assert proof.remains == ()
    assert GONE.user_id.encode() not in bot.store.path.read_bytes()


async def test_what_remains_is_said(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the deletion left out, the proof must fail in each of its parts."""
    await told(bot, GONE, "Меня зовут Гульнара, продаю орхидеи")
    monkeypatch.setattr(rights, "delete_conversations", lambda db, keys: rights.Deleted())
    _, proof = forget(bot.store.path, Person(GONE.user_id))
    assert any("1 rows of conversations" in each for each in proof.remains)
    assert any("1 rows of turns" in each for each in proof.remains)
    assert any("the id itself, in conversations" in each for each in proof.remains)


async def test_a_person_of_whom_nothing_is_kept_has_nothing_to_delete(bot: Bot) -> None:
    await told(bot, STAYS, "привет")
    deleted, proof = forget(bot.store.path, Person(GONE.user_id))
    assert (deleted, proof.remains) == (rights.Deleted(), ())
    assert export(bot.store.path, Person(GONE.user_id))["turns"] == []
    assert count(bot.store.path, Person(STAYS.user_id)) == rights.Deleted(1, 1, 0)


async def test_a_short_id_is_not_mistaken_for_others_words(bot: Bot) -> None:
    await told(bot, Key("BOT_1", "u1"), "продаю орхидеи из Капчагая")
    await told(bot, STAYS, "мой код u1")
    deleted, proof = forget(bot.store.path, Person("u1"))
    assert (deleted.turns, proof.remains) == (1, ())


async def test_what_a_model_still_wrote_does_not_bring_a_deleted_person_back(bot: Bot) -> None:
    await told(bot, GONE, "Здравствуйте")

    before = (await bot.store.load(GONE, "", 5)).snapshot

    async def late() -> Aside:
        return Aside(human=True)

    async def kept(_: Key) -> None:
        return

    bot.asides.put(GONE, asyncio.create_task(late()), "Меня зовут Гульнара", kept)
    assert (await merged(before, bot)).state != before.state, "while the conversation exists it is told something"
    bot.asides.put(GONE, asyncio.create_task(late()), "Меня зовут Гульнара", kept)
    forget(bot.store.path, Person(GONE.user_id))
    loaded = await bot.store.load(GONE, "", 5)
    assert (await merged(loaded.snapshot, bot)).state == loaded.snapshot.state == DialogueState()


async def test_a_turn_that_is_being_answered_meanwhile_begins_a_new_conversation(bot: Bot) -> None:
    await told(bot, GONE, "Меня зовут Гульнара")
    before = (await bot.store.load(GONE, "", 5)).snapshot
    forget(bot.store.path, Person(GONE.user_id))
    assert not await bot.store.amend(before)
    await told(bot, GONE, "Здравствуйте")
    after = (await bot.store.load(GONE, "", 5)).snapshot
    assert (after.revision, len(after.history)) == (1, 1)


async def test_a_kill_at_any_call_leaves_backups_that_the_next_run_finishes(bot: Bot, tmp_path: Path) -> None:
    await told(bot, GONE, "Меня зовут Гульнара", "сколько стоит тариф Рост?")
    await told(bot, STAYS, "привет")
    person = Person(GONE.user_id)
    points = 0
    while True:
        target = tmp_path / f"b{points}"
        archive = create(bot.store.path.parent, target, (), "0", NOON).path
        if not killed(points, lambda: list(forget_in_backups(target, person))):  # noqa: B023
            break
        points += 1
        (cleaned,) = forget_in_backups(target, person)
        assert cleaned.proof.remains == ()
        assert verify(archive).rows["turns"] == 1
        assert [path.name for path in target.iterdir()] == [archive.name]
        assert not any(GONE.user_id.encode() in path.read_bytes() for path in archive.rglob("*") if path.is_file())
    assert points > 10


async def test_a_harmed_backup_is_named_and_the_others_are_cleaned(bot: Bot, tmp_path: Path) -> None:
    await told(bot, GONE, "привет")
    target = tmp_path / "backups"
    create(bot.store.path.parent, target, [], "0", NOON)
    (target / "20250304T120000Z").mkdir()
    harmed, cleaned = forget_in_backups(target, Person(GONE.user_id))
    assert (harmed.archive.name, harmed.deleted.turns) == ("20250304T120000Z", 0)
    assert "nothing was deleted from it" in harmed.proof.remains[0]
    assert (cleaned.deleted.turns, cleaned.proof.remains) == (1, ())
