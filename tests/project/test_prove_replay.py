"""The proof that a changed house answers equally (tests/prove/replay.py): it notices what differs, and draws the same twice."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice, pairwise
from pathlib import Path

import pytest

from loadtests.service import ROOT, Server, ask, clean_environment
from tests.prove.recording.comparing import Difference, answers, memories
from tests.prove.recording.customers import Street
from tests.prove.recording.drafts import Drafts
from tests.prove.recording.house import House, Part, Said, Step, set_clock
from tests.prove.recording.scenes import SCENES
from tests.prove.recording.table import Recorded, table

STEP = Step(0.0, "process", {"session_id": "B", "user_id": "U", "request_id": "r1", "message": {"text": "цена"}})


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two turns of one conversation."""
    data = tmp_path_factory.mktemp("recorded") / "data"

    with Server(data) as server, server.client() as caller:
        for number, text in enumerate(("здравствуйте", "сколько стоит тариф Рост?"), 1):
            ask(caller, text, request_id=f"r{number}")
    return data


@pytest.fixture
def altered(memory: Path, tmp_path: Path) -> Callable[[str], Path]:
    """altered("UPDATE ..."): a copy of the memory in which something is otherwise."""

    def copy(statement: str) -> Path:
        shutil.copytree(memory, tmp_path / "now")
        with closing(sqlite3.connect(tmp_path / "now" / "conversations.db")) as db, db:
            db.execute(statement)
        return tmp_path / "now"

    return copy


Altered = Callable[[str], Path]


def said(**meta: object) -> Said:
    return Said(200, json.dumps({"answer": "Да.", "meta": {"action": "answer", "processing_ms": 5, **meta}}))


def test_answers_that_took_another_time_are_equal() -> None:
    assert list(answers(STEP, said(), said(processing_ms=9, timings={"load": 1.0}))) == []


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        (said(action="ask"), ["meta.action"]),
        (said(tone="warm"), ["meta.tone"]),
        (Said(200, '{"answer": "Нет.", "meta": {"action": "answer"}}'), ["answer"]),
        (Said(503, '{"error": {"code": "INTERNAL"}}'), ["status", "answer", "meta.action", "error.code"]),
    ],
)
def test_whatever_else_a_caller_gets_differently_is_named(now: Said, differs: list[str]) -> None:
    assert [each.name for each in answers(STEP, said(), now)] == differs


def test_two_memories_of_the_same_talk_are_equal(memory: Path, altered: Altered) -> None:
    assert memories(memory, altered("SELECT 1"), {}) == ([], [])


@pytest.mark.parametrize(
    ("statement", "differs"),
    [
        ("UPDATE turns SET record = json_set(record, '$.query', 'x') WHERE id = 2", ["record.query"]),
        ("UPDATE turns SET record = json_remove(record, '$.used') WHERE id = 2", ["record.used"]),
        ("UPDATE turns SET record = json_set(record, '$.before.turns', 9) WHERE id = 2", ["record.before.turns"]),
        ("UPDATE turns SET answer = 'x' WHERE id = 1", ["turn.answer"]),
        ("UPDATE conversations SET state = json_set(state, '$.stage', 'x')", ["state.stage"]),
        ("UPDATE conversations SET revision = 7", ["conversation.revision"]),
        ("DELETE FROM turns WHERE id = 1", ["turn"]),
        ("DELETE FROM conversations", ["conversation"]),
    ],
)
def test_whatever_is_written_down_differently_is_named(
    memory: Path, altered: Altered, statement: str, differs: list[str]
) -> None:
    assert [each.name for each in memories(memory, altered(statement), {})[0]] == differs


@pytest.mark.parametrize(
    ("name", "one", "other", "differs"),
    [
        ("said", '["greeting", "close"]', '["close", "greeting"]', []),
        ("said", '["greeting", "close"]', '["greeting"]', ["state.said"]),
        ("slots", '{"name": "a", "need": "b"}', '{"need": "b", "name": "a"}', ["state.slots"]),
    ],
)
def test_marks_have_no_order_and_slots_have_one(
    memory: Path, altered: Altered, tmp_path: Path, name: str, one: str, other: str, differs: list[str]
) -> None:
    """«Назад» leads to the slot that was told last."""
    change = f"UPDATE conversations SET state = json_set(state, '$.{name}', json('{{}}'))"
    now = altered(change.format(other))
    before = shutil.copytree(memory, tmp_path / "before")
    with closing(sqlite3.connect(before / "conversations.db")) as db, db:
        db.execute(change.format(one))
    assert [each.name for each in memories(before, now, {})[0]] == differs


def test_a_state_is_compared_in_what_both_know_and_the_rest_is_said(memory: Path, altered: Altered) -> None:
    now = altered("UPDATE conversations SET state = json_set(state, '$.mood', 'good')")
    assert memories(memory, now, {}) == ([], ["state.mood is only in the working tree"])


def test_a_kept_response_that_is_not_the_one_given_is_found(memory: Path, altered: Altered) -> None:
    """A retry would get another answer than the first try."""
    found, _ = memories(memory, altered("SELECT 1"), {"r1": Said(200, '{"answer": "x"}')})
    assert [(each.where, each.name) for each in found] == [("r1", "turn.response")]


@pytest.mark.parametrize(
    ("name", "ignored"), [("record.found", True), ("record", True), ("record.foun", False), ("found", False)]
)
def test_a_key_is_ignored_by_its_name_or_by_what_it_stands_below(name: str, ignored: bool) -> None:
    assert Difference("r1", "record.found", [1], [2]).ignored_by(frozenset({name})) is ignored


def test_the_table_counts_a_turn_that_differs_once_in_each_of_its_kinds() -> None:
    turns = [Recorded(n, f"r{n}", {"bot": "velo" if n else "gul"}) for n in range(3)]
    differ = [Difference("r1", "replay.prompt", 1, 2), Difference("r1", "replay.answer", 1, 2), Difference("r2", "answer", 1, 2)]  # fmt: skip
    lines = [line.split() for line in table(turns, differ).splitlines()[1:]]
    assert lines == [["bot", "velo", "2", "1", "1"], ["bot", "gul", "1", "1", "1"], ["all", "3", "2", "2"]]


def test_a_recorded_turn_that_comes_out_otherwise_is_named_by_the_command(altered: Altered, tmp_path: Path) -> None:
    now = altered("UPDATE turns SET answer = 'Тариф «Рост» стоит 1 ₸.' WHERE id = 2")
    folder = tmp_path / "shared"
    shutil.copytree(ROOT / "kb", folder / "kb")
    (folder / "part.yaml").write_text("llm: {backend: extractive}\n")
    house = House(ROOT, folder)
    house.check()
    assert house.replay(Part("part", 1.0, 1_772_500_000.0, {}), now, [1, 2]) == {1: [], 2: ["answer"]}


def test_a_program_on_the_standing_clock_sees_its_moment_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "__main__.py").write_text(
        "import sys, time\nfrom datetime import UTC, date, datetime\n"
        "now = datetime.now(UTC)\n"
        "print(now.timestamp(), time.time(), isinstance(now, datetime), datetime(2026, 1, 2).date() == date(2026, 1, 2), *sys.argv[1:])\n"
    )
    set_clock(tmp_path / "clock", 1_772_500_000.25)
    clock = ROOT / "tests" / "prove" / "recording" / "clock.py"
    environment = clean_environment(PYTHONPATH=str(tmp_path), PROVE_CLOCK=str(tmp_path / "clock"))
    done = subprocess.run([sys.executable, str(clock), "serve"], check=False, env=environment, capture_output=True, text=True, cwd=os.sep)  # fmt: skip
    assert done.stdout == "1772500000.25 1772500000.25 True True serve\n", done.stderr


def steps(seed: int, count: int, part: str = "ollama") -> Iterator[Step]:
    """What the customers write to a machine that always asks for a number of people."""
    street = Street(part, 1_772_500_000.0, seed)
    for _ in range(count):
        step, heard = street.next()
        yield step
        heard("company_size")


def test_the_same_seed_draws_the_same_customers_and_another_one_others() -> None:
    assert list(steps(1, 60)) == list(steps(1, 60)) != list(steps(2, 60))


def test_the_clock_of_a_recording_never_goes_back() -> None:
    assert all(one.at <= other.at for one, other in pairwise(steps(1, 250)))


def test_a_part_of_the_usual_length_has_every_scene_shop_and_kind_of_request() -> None:
    drawn = list(steps(1, 260, "embedded"))
    assert {step.scene for step in drawn} == {scene.__name__ for scene in SCENES}
    assert {step.body["session_id"] for step in drawn} == {"BOT_7000", "VELO_1", "GUL_1"}
    observed = [step.body for step in drawn if step.path == "observe"]
    assert {(body["source"], "request_id" in body) for body in observed} >= {
        ("human", True),
        ("human", False),
        ("fallback", True),
    }
    again = Counter(step.body["request_id"] for step in drawn if step.path == "process")
    assert max(again.values()) > 1, "retries"
    talks = {step.body["user_id"]: step.at for step in reversed(drawn)}
    assert any(step.at - talks[step.body["user_id"]] > 12 * 3600 for step in drawn), "somebody comes back the next day"


def test_a_model_that_fails_answers_the_next_message() -> None:
    """Otherwise it would be left alone for a while, and what is answered would depend on how long a turn takes."""
    drafts = Drafts("1")
    asked = [step for step in steps(1, 500) if step.path == "process"]
    fails = [any(fault.get("times") == 2 and fault["kind"] != "invented_price" for fault in drafts.next(step, "need", "kk")) for step in asked]  # fmt: skip
    assert any(fails)
    assert not any(one and other for one, other in pairwise(fails))


def test_every_kind_of_draft_comes_up_among_two_hundred_messages() -> None:
    drafts = Drafts("1")
    asked = islice((step for step in steps(1, 500) if step.path == "process" and step.scene != "haggler"), 200)
    kinds = {fault["kind"] for step in asked for fault in drafts.next(step, "", "ru")}
    assert kinds >= {"text", "invented_price", "fields", "json", "hang_mid", "503"}
