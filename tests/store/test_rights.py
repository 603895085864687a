"""Deleting a person: what is looked for is found, backups survive a kill, and nothing comes back from memory."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from app.cli import main
from app.errors import ConfigError
from app.store import Store, rights, traces
from app.store.backup import DATABASE, create, verify
from app.store.forgetting import forget_in_backups
from app.store.migrations import m001_initial
from app.store.numbers import holds, number_in
from app.store.rights import Person, alike, count, export, forget, stands_in
from app.store.traces import standing_among, standing_in
from app.turn.afterwards import merged
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Aside, Ask, DialogueState, Key
from tests.knowledge.test_publishing import killed

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
            patch.setattr(traces, "_BLOCK", block)
            assert standing_in([path], needles) == {needle for needle in needles if needle.encode() in content}


@settings(deadline=None)  # the first one waits for what is imported
@given(
    rows=st.lists(st.tuples(letters, letters, letters, st.none() | letters), max_size=12),
    needles=st.lists(letters, max_size=12, unique=True),
)
def test_one_pass_over_the_rows_finds_what_a_look_for_each_string_finds(
    rows: list[tuple[str, str, str, str | None]], needles: list[str]
) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        m001_initial(Database(db))
        for number, row in enumerate(rows):
            db.execute(
                "INSERT INTO observations (session_id, user_id, revision, text, request_id, source, created_at)"
                f" VALUES (?, ?, {number}, ?, {number} || ?, 'machine', 0)",
                row,
            )
        for block in (7, 64, 1 << 22):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(traces, "_BLOCK", block)
                found = standing_among(rights._texts(db), needles)
                assert found == {needle for needle in needles if rights._live(db, needle)}


@pytest.mark.parametrize("form", ["начало {:06}", "{:06}"], ids=["alike at the beginning", "short"])
def test_many_strings_are_looked_for_in_time_by_the_size_of_the_text(form: str) -> None:
    needles = [form.format(number) for number in range(0, 120_000, 2)]
    texts = [form.format(number).encode() + b"." * 40 for number in range(1, 120_000, 2)]
    began = time.process_time()
    assert standing_among([*texts, needles[7].encode()], needles) == {needles[7]}
    assert time.process_time() - began < 10


async def test_texts_that_stand_in_others_rows_too_take_one_look_at_each_row(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "".join(chr(0x430 + number * number % 31) + str(number) for number in range(700))
    await told(bot, machine, GONE, long)
    await told(bot, machine, STAYS, long)
    looks: list[str] = []
    one = rights._live
    monkeypatch.setattr(rights, "_live", lambda db, needle: looks.append(needle) or one(db, needle))
    _, proof = forget(machine.store.path, Person(GONE.user_id))
    assert proof.shared >= 20
    assert (proof.remains, looks) == ((), [])


async def told(bot: Bot, machine: Machine, key: Key, *texts: str) -> None:
    for number, text in enumerate(texts):
        await process(Ask(key, text, f"{key.user_id}-{number}-{time.monotonic_ns()}"), bot, machine)


async def test_what_a_page_kept_from_before_is_found_and_removed(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that did not overwrite deleted rows has written here: only the rebuilt file is clean."""
    await told(bot, machine, STAYS, "привет")
    old = sqlite3.connect(machine.store.path)
    old.execute("PRAGMA secure_delete=OFF")
    old.execute("CREATE TABLE leftover (text)")
    old.execute("INSERT INTO leftover VALUES (?)", (f"орхидеи для {GONE.user_id}" * 3,))
    old.commit()
    old.execute("DROP TABLE leftover")
    old.commit()
    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    old.close()
    assert GONE.user_id.encode() in machine.store.path.read_bytes()
    monkeypatch.setattr(rights, "_REBUILT", 0)  # as if it were large: it is rebuilt only because something was found
    _, proof = forget(machine.store.path, Person(GONE.user_id))
    assert proof.remains == ()
    assert GONE.user_id.encode() not in machine.store.path.read_bytes()


async def test_what_remains_is_said(bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the deletion left out, the proof must fail in each of its parts."""
    await told(bot, machine, GONE, "Меня зовут Гульнара, продаю орхидеи")
    monkeypatch.setattr(rights, "delete_conversations", lambda db, keys: rights.Deleted())
    _, proof = forget(machine.store.path, Person(GONE.user_id))
    assert any("1 rows of conversations" in each for each in proof.remains)
    assert any("1 rows of turns" in each for each in proof.remains)
    assert any("the id itself, in conversations" in each for each in proof.remains)


async def test_a_person_of_whom_nothing_is_kept_has_nothing_to_delete(bot: Bot, machine: Machine) -> None:
    await told(bot, machine, STAYS, "привет")
    deleted, proof = forget(machine.store.path, Person(GONE.user_id))
    assert (deleted, proof.remains) == (rights.Deleted(), ())
    assert export(machine.store.path, Person(GONE.user_id))["turns"] == []
    assert count(machine.store.path, Person(STAYS.user_id)) == rights.Deleted(1, 1, 0, 2)


async def test_a_short_id_is_not_mistaken_for_others_words(bot: Bot, machine: Machine) -> None:
    await told(bot, machine, Key("BOT_1", "u1"), "продаю орхидеи из Капчагая")
    await told(bot, machine, STAYS, "мой код u1")
    deleted, proof = forget(machine.store.path, Person("u1"))
    assert (deleted.turns, proof.remains) == (1, ())


async def test_what_a_model_still_wrote_does_not_bring_a_deleted_person_back(bot: Bot, machine: Machine) -> None:
    await told(bot, machine, GONE, "Здравствуйте")

    before = (await machine.store.load(GONE, "", 5)).snapshot

    async def late() -> Aside:
        return Aside(human=True)

    async def kept(_: Key) -> None:
        return

    machine.asides.put(GONE, asyncio.create_task(late()), "Меня зовут Гульнара", kept)
    assert (await merged(before, bot, machine)).state != before.state, (
        "while the conversation exists it is told something"
    )
    machine.asides.put(GONE, asyncio.create_task(late()), "Меня зовут Гульнара", kept)
    forget(machine.store.path, Person(GONE.user_id))
    loaded = await machine.store.load(GONE, "", 5)
    assert (await merged(loaded.snapshot, bot, machine)).state == loaded.snapshot.state == DialogueState()


async def test_a_turn_that_is_being_answered_meanwhile_begins_a_new_conversation(bot: Bot, machine: Machine) -> None:
    await told(bot, machine, GONE, "Меня зовут Гульнара")
    before = (await machine.store.load(GONE, "", 5)).snapshot
    forget(machine.store.path, Person(GONE.user_id))
    assert not await machine.store.amend(before)
    await told(bot, machine, GONE, "Здравствуйте")
    after = (await machine.store.load(GONE, "", 5)).snapshot
    assert (after.revision, len(after.history)) == (1, 1)


@pytest.mark.long
async def test_a_kill_at_any_call_leaves_backups_that_the_next_run_finishes(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    await told(bot, machine, GONE, "Меня зовут Гульнара", "сколько стоит тариф Рост?")
    await told(bot, machine, STAYS, "привет")
    person = Person(GONE.user_id)
    points = 0
    while True:
        target = tmp_path / f"b{points}"
        archive = create(machine.store.path.parent, target, (), "0", NOON).path
        if not killed(points, lambda: list(forget_in_backups(target, person))):  # noqa: B023
            break
        points += 1
        (cleaned,) = forget_in_backups(target, person)
        assert cleaned.proof.remains == ()
        assert verify(archive).rows["turns"] == 1
        assert [path.name for path in target.iterdir()] == [archive.name]
        assert not any(GONE.user_id.encode() in path.read_bytes() for path in archive.rglob("*") if path.is_file())
    assert points > 10


async def test_a_backup_that_holds_the_person_in_its_pages_alone_is_cleaned(tmp_path: Path) -> None:
    """A release that did not overwrite deleted rows has made it: no row is left to count."""
    data = tmp_path / "data"
    await Store(data / DATABASE).close()
    with closing(sqlite3.connect(data / DATABASE)) as db:
        db.execute("PRAGMA secure_delete=OFF")
        db.execute(
            "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at)"
            " VALUES ('BOT', ?, 1, 1, '{}', 0, 0)",
            (GONE.user_id,),
        )
        db.commit()
        db.execute("DELETE FROM conversations")
        db.commit()
    archive = create(data, tmp_path / "backups", (), "1", NOON).path
    person = Person(GONE.user_id)
    assert stands_in(archive / DATABASE, person)

    (cleaned,) = forget_in_backups(tmp_path / "backups", person)

    assert cleaned.proof.remains == ()
    assert not stands_in(archive / DATABASE, person)
    verify(archive)


async def test_a_harmed_backup_is_named_and_the_others_are_cleaned(bot: Bot, machine: Machine, tmp_path: Path) -> None:
    await told(bot, machine, GONE, "привет")
    target = tmp_path / "backups"
    create(machine.store.path.parent, target, [], "0", NOON)
    (target / "20250304T120000Z").mkdir()
    harmed, cleaned = forget_in_backups(target, Person(GONE.user_id))
    assert (harmed.archive.name, harmed.deleted.turns) == ("20250304T120000Z", 0)
    assert "nothing was deleted from it" in harmed.proof.remains[0]
    assert (cleaned.deleted.turns, cleaned.proof.remains) == (1, ())


NUMBER = "77022951810"
FORMS = (
    "77022951810", "+77022951810", "+7 702 295 18 10", "+7 (702) 295-18-10", "8 702 295 18 10", "87022951810",
    "77022951810@c.us", "77022951810@lid", "77022951810:3@s.whatsapp.net", "0077022951810", "wa:77022951810",
    "+7\u00a0702\u2011295\u201118\u201110", "７７０２２９５１８１０", "77022951810_2", "chat-77022951810-7000",
    "BOT_7000_77022951810@c.us", "7.702.295.18.10",
)  # fmt: skip
OTHERS = (
    "77022951811", "7702295181", "770229518100", "177022951810", "BOT_7000", "", "u1", "7702295", "a7b7c0d2",
    "77022951810x77022951810"[:10] + "x", "18102295077", "+1 702 295 18 10",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_number_is_known_in_each_of_its_forms(form: str) -> None:
    assert holds(form, NUMBER)


@pytest.mark.parametrize("other", OTHERS)
def test_another_number_is_another_person(other: str) -> None:
    assert not holds(other, NUMBER)


def test_what_is_no_number_has_no_other_forms() -> None:
    assert {number_in(form) for form in FORMS[:7]} == {NUMBER}
    for odd in ("u1", "", "BOT_7000", "Айгуль", "702295", "1234567 and 7654321"):
        with pytest.raises(ConfigError, match="7 digits"):
            number_in(odd)


@given(st.text("0123456789 -+@c.us()_", max_size=200))
def test_looking_for_a_number_takes_time_by_the_length_alone(identity: str) -> None:
    assert isinstance(holds(identity, NUMBER), bool)
    started = time.process_time()
    for each in ("1" * 200, "1-" * 100, "1" + "-" * 199, "(" * 200, "1 ( " * 50):
        holds.__wrapped__(each, NUMBER)
    assert time.process_time() - started < 0.1


def command(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    return done.exit_code, done.output


async def test_all_forms_of_a_number_are_listed_and_deleted_together(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    forms = [Key("BOT_1", form) for form in ("+77022951810", "77022951810@c.us", "8 702 295 18 10")]
    inside = Key("chat_77022951810", "visitor-17")
    for number, key in enumerate([*forms, inside]):
        await told(bot, machine, key, f"Меня зовут Гульнара, продаю орхидеи {number}{number}")
    await told(bot, machine, STAYS, "привет")
    await told(bot, machine, Key("chat_77022951811", "visitor-18"), "привет")
    data, target = machine.store.path.parent, tmp_path / "backups"
    create(data, target, [], "0", NOON)

    status, said = command("forget", "--user", NUMBER, "--like", "--data", data, "--backups", target)
    assert status == 1
    for key in [*forms, inside]:
        assert said.count(f"user_id {key.user_id!r} in session_id {key.session_id!r}: 1 conversations, 1 turns") == 2
    assert "4 conversations, 4 turns" in said
    assert STAYS.user_id not in said
    assert "visitor-18" not in said
    assert count(machine.store.path, Person(STAYS.user_id)).turns == 1
    assert count(machine.store.path, Person(NUMBER, number=NUMBER)).turns == 4

    out = tmp_path / "all.json"
    assert command("export", "--user", "+7 702 295 18 10", "--like", "--data", data, "--out", out)[0] == 0
    assert len(json.loads(out.read_text())["turns"]) == 4

    assert command("forget", "--user", NUMBER, "--data", data, "--yes")[0] == 2, "alone, the other forms remain"
    status, said = command("forget", "--user", NUMBER, "--like", "--data", data, "--backups", target, "--yes")
    assert status == 0, said
    bytes_ = b"".join(path.read_bytes() for path in (*data.iterdir(), *target.rglob("*")) if path.is_file())
    for gone in ("77022951810", "8 702 295 18 10", "visitor-17", "орхидеи"):
        assert gone.encode() not in bytes_
    assert count(machine.store.path, Person(STAYS.user_id)).turns == 1
    assert count(machine.store.path, Person("visitor-18")).turns == 1


async def test_what_only_a_backup_still_holds_is_said_to_remain_too(bot: Bot, machine: Machine, tmp_path: Path) -> None:
    await told(bot, machine, Key("BOT_1", "8 702 295 18 10"), "привет")
    await told(bot, machine, STAYS, "позвоните на 8 702 295 18 10")
    data, target = machine.store.path.parent, tmp_path / "backups"
    create(data, target, [], "0", NOON)
    command("forget", "--user", STAYS.user_id, "--data", data, "--yes")
    status, said = command("forget", "--user", NUMBER, "--like", "--data", data, "--backups", target, "--yes")
    assert said.count("the id itself") == 1, "the memory is clean, the backup holds it in another's words"
    assert status == 2


async def test_a_form_that_somebody_else_has_written_is_said_to_remain(bot: Bot, machine: Machine) -> None:
    await told(bot, machine, Key("BOT_1", "8 702 295 18 10"), "привет")
    await told(bot, machine, STAYS, "позвоните на 8 702 295 18 10")
    status, said = command("forget", "--user", NUMBER, "--like", "--data", machine.store.path.parent, "--yes")
    assert status == 2
    assert "the id itself, in conversations 2, turns 2" in said


async def test_a_session_limits_what_is_alike(bot: Bot, machine: Machine) -> None:
    for session in ("BOT_1", "BOT_2"):
        await told(bot, machine, Key(session, "+77022951810"), "привет")
    arguments = ("forget", "--user", NUMBER, "--like", "--session", "BOT_2", "--data", machine.store.path.parent)
    assert command(*arguments)[1].count("user_id") == 1
    assert command(*arguments, "--yes")[0] == 0
    assert count(machine.store.path, Person("+77022951810")).turns == 1


def test_without_a_number_nothing_is_alike(tmp_path: Path) -> None:
    status, said = command("forget", "--user", "visitor", "--like", "--data", tmp_path)
    assert (status, "number" in said) == (2, True)


async def test_what_is_alike_is_found_in_time_by_the_size_of_the_memory(machine: Machine) -> None:
    """Ten times the people take ten times as long, not a hundred."""
    taken = []
    for people in (500, 5_000):
        with sqlite3.connect(machine.store.path) as db:
            db.executemany(
                "INSERT OR IGNORE INTO conversations (session_id, user_id, schema_version, revision, state, created_at,"
                " updated_at) VALUES ('BOT_1', ?, 1, 1, '{}', 1, 1)",
                [(f"+7705{number:07}@c.us",) for number in range(people)],
            )
        db.close()
        started = time.process_time()
        assert len(alike(machine.store.path, Person(NUMBER, number="77050000007"))) == 1
        taken.append(time.process_time() - started)
    assert taken[1] < max(taken[0], 0.02) * 40
