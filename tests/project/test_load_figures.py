"""What the gate of a load test judges: each figure, what counts for it and what does not, and the limits themselves."""

import argparse
import os
import random
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.evaluation.simulation import load_personas
from loadtests import gate, record, report, run
from loadtests.check import Consistency, against_store
from loadtests.customers import Town
from loadtests.plan import PATIENCE_S, Plan
from loadtests.record import Record
from loadtests.shapes import OVERLOAD, SHAPES, customers_at, users_for
from loadtests.watch import Sample, parse, process, slope
from tests.project.test_loadtests import PLAN, one

EVERYWHERE = {
    "accepted_p95_s": 30, "accepted_p99_s": 45, "refusal_p99_ms": 300, "server_errors": 0, "bad_statuses": 0,
    "unavailable_share": 0.01, "refused_share": 0.10, "accepted_of_model": 0.90, "lost": 0, "doubled": 0, "ghosts": 0,
    "damaged": 0, "least_answers": 30,
}  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "other"),
    [
        ("steady", {}),
        ("rush", {"refused_share": 0.35, "accepted_of_model": 0.80}),
        ("overload", {"refused_share": 1.0, "accepted_of_model": 1.0, "unavailable_share": 0.02}),
        (
            "soak",
            {
                "accepted_of_model": 0.0,
                "refused_share": 0.01,
                "memory_kib_per_1000_turns": 2048,
                "files_per_1000_turns": 1,
            },
        ),
    ],
)
def test_the_limits_are_those_that_a_release_is_promised_to_keep(shape: str, other: dict[str, float]) -> None:
    assert gate.load_budget(shape) == EVERYWHERE | other


def figures(records: list[Record], **plan: Any) -> dict[str, float | None]:
    chosen = replace(PLAN, **({"speed": 1.0, "minutes": 1.0} | plan))
    return gate.figures(records, [], Consistency("nothing"), chosen, model_per_minute=60.0)


KINDS = ("turn", "burst", "twin", "retry", "hangup")


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_counts_once_however_often_it_is_sent(kind: Any) -> None:
    sent_again = kind in ("twin", "retry")
    found = figures([one(kind=kind, at=float(n), user=f"u{n}", request_id=f"{n}") for n in range(4)])
    assert (found["messages"], found["answers"]) == ((0, 0) if sent_again else (4, 4))
    assert found["least_answers"] == found["answers"]
    assert found["repeated"] == (4 if sent_again else 0)
    assert found["hung_up"] == (4 if kind == "hangup" else 0)


@pytest.mark.parametrize(
    ("status", "figure"),
    [
        (200, None),
        (429, "refusals"),
        (503, "unavailable"),
        (500, "server_errors"),
        (502, "server_errors"),
        (504, "server_errors"),
        (599, "server_errors"),
        (-1, "server_errors"),
        (record.CUT, None),
        (201, "bad_statuses"),
        (400, "bad_statuses"),
        (401, "bad_statuses"),
        (404, "bad_statuses"),
        (422, "bad_statuses"),
        (499, "bad_statuses"),
    ],
)
def test_each_status_counts_as_one_thing(status: int, figure: str | None) -> None:
    found = figures([one(status=status)])
    names = ("refusals", "unavailable", "server_errors", "bad_statuses")
    assert {name: found[name] for name in names} == {name: int(name == figure) for name in names}
    assert found["answers"] == int(status == 200)


def test_a_200_that_says_nothing_is_bad_also_when_it_was_sent_again() -> None:
    found = figures([one(error="no answer"), one(kind="retry", error="no answer"), one()])
    assert (found["answers"], found["bad_statuses"]) == (1, 2)


def test_shares_are_of_those_who_stayed() -> None:
    records = [one(status=429, user=f"r{n}") for n in range(3)] + [one(status=503, user=f"n{n}") for n in range(2)]
    records += [one(user=f"a{n}") for n in range(5)] + [
        one(kind="hangup", status=record.CUT, user=f"h{n}") for n in range(5)
    ]
    found = figures(records)
    assert found["refused_share"] == pytest.approx(0.3)
    assert found["unavailable_share"] == pytest.approx(0.2)
    nothing = figures([])
    assert (nothing["refused_share"], nothing["unavailable_share"], nothing["messages"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("took_s", "speed", "in_time"), [(30.0, 1.0, True), (30.01, 1.0, False), (3.0, 10.0, True), (3.01, 10.0, False)]
)
def test_in_time_is_thirty_seconds_of_the_model(took_s: float, speed: float, in_time: bool) -> None:
    found = figures([one(took_s=took_s)], speed=speed)
    assert found["accepted_per_minute"] == (1.0 if in_time else 0.0)
    assert found["accepted_p50_s"] == found["accepted_p95_s"] == found["accepted_p99_s"] == took_s * speed


def test_what_is_accepted_is_measured_by_what_came_or_what_the_model_carries() -> None:
    few = [one(user=f"u{n}", request_id=f"{n}") for n in range(30)]
    assert figures(few)["accepted_of_model"] == pytest.approx(1.0), "30 came and 60 can be carried"
    many = [one(user=f"u{n}", request_id=f"{n}") for n in range(120)]
    assert figures(many)["accepted_of_model"] == pytest.approx(2.0), "120 came and 60 can be carried"
    assert figures(many)["offered_per_minute"] == 120
    assert figures(many)["model_per_minute"] == 60
    assert figures(many, minutes=2.0)["offered_per_minute"] == 60


def test_a_run_that_dialogues_end_lasted_from_the_first_message_to_the_last() -> None:
    records = [one(at=100.0 + 6 * n, user=f"u{n}", request_id=f"{n}") for n in (2, 0, 1)]
    assert figures(records, dialogues=3, speed=10.0, minutes=99.0)["model_minutes"] == pytest.approx(2.0)
    assert figures(records, minutes=99.0)["model_minutes"] == 99.0


@pytest.mark.parametrize(("share", "found"), [(0.0, 0), (0.5, 50), (0.94, 94), (0.95, 95), (0.99, 99), (1.0, 99)])
def test_a_quantile_of_a_hundred_values(share: float, found: float) -> None:
    assert gate.quantile(range(100), share) == found


@pytest.mark.parametrize(
    ("values", "share", "found"), [([], 0.5, 0.0), ([7.0], 0.99, 7.0), ([1.0, 2.0], 0.5, 2.0), ([1.0, 2.0], 0.49, 1.0)]
)
def test_a_quantile_of_few_values(values: list[float], share: float, found: float) -> None:
    assert gate.quantile(values, share) == found


def test_times_are_sorted_before_their_quantiles_are_taken() -> None:
    taken = [float(n) for n in range(100)]
    random.Random(3).shuffle(taken)
    answers = [one(took_s=took, user=f"u{n}", request_id=f"{n}") for n, took in enumerate(taken)]
    refused = [one(took_s=took / 1000, status=429, user=f"r{n}") for n, took in enumerate(taken)]
    found = figures(answers + refused)
    assert (found["accepted_p50_s"], found["accepted_p95_s"], found["accepted_p99_s"]) == (50, 95, 99)
    assert [found["refusal_p50_ms"], found["refusal_p99_ms"]] == pytest.approx([50, 99])


@pytest.mark.parametrize(("at", "behind"), [(-0.06, False), (0.0, True), (4.99, True), (5.0, False), (5.01, False)])
def test_behind_another_is_what_comes_before_its_answer(at: float, behind: bool) -> None:
    first, second = one(took_s=5.0), one(at=at, took_s=0.01, status=429)
    assert (second in gate.behind_another([first, second])) is behind


def test_of_two_that_come_in_one_moment_either_may_be_behind() -> None:
    first, second = one(at=0.0, took_s=5.0), one(at=0.05, took_s=5.0)
    assert gate.behind_another([first, second]) == [first, second]
    assert gate.behind_another([first, replace(second, user="other")]) == []
    assert gate.behind_another([first, replace(second, session="other")]) == []


@pytest.mark.parametrize(("took_s", "late"), [(0.3, 0.0), (0.31, 0.5)])
def test_a_second_message_is_refused_late_after_three_tenths_of_a_second(took_s: float, late: float) -> None:
    assert figures([one(took_s=5.0), one(at=1.0, took_s=took_s, status=429)])["second_refused_late"] == late
    assert figures([one(took_s=5.0), one(at=9.0, took_s=took_s, status=429)])["second_refused_late"] == 0, (
        "it came alone"
    )


def test_what_the_check_of_the_memory_found_is_judged() -> None:
    told = Consistency("a database", checked=9, lost=1, doubled=2, ghosts=3, damaged=4)
    found = gate.figures([one()], [], told, PLAN, 1.0)
    assert {name: found[name] for name in ("lost", "doubled", "ghosts", "damaged")} == {
        "lost": 1, "doubled": 2, "ghosts": 3, "damaged": 4
    }  # fmt: skip
    assert Consistency("x").untold == set()
    assert Consistency("x").as_json()["ghosts"] == 0


def test_a_calls_tokens_are_those_of_the_run_alone() -> None:
    first = Sample(0.0, calls=10, tokens={"prompt": 1000.0})
    last = Sample(9.0, calls=14, tokens={"prompt": 1400.0, "answer": 80.0})
    assert gate.sizes([first, Sample(5.0), last]) == {"prompt": 100.0, "answer": 20.0}
    assert gate.sizes([first]) == gate.sizes([]) == gate.sizes([last, replace(last, at=10.0)]) == {}
    assert gate.sizes([first, replace(first, calls=11)]) == {"prompt": 0.0}


def test_growth_needs_two_looks_after_turns_behind_the_first_third() -> None:
    samples = [Sample(float(n), turns=1000.0 * n, rss=(n % 2) * 2**20, files=n) for n in range(9)]
    blind = [replace(each, rss=None) for each in samples]
    assert gate.growth(blind)["memory_kib_per_1000_turns"] is None
    assert gate.growth(samples)["files_per_1000_turns"] == pytest.approx(1.0)
    begun = [replace(each, files=999) if n < 3 else each for n, each in enumerate(samples)]
    assert gate.growth(begun)["files_per_1000_turns"] == pytest.approx(1.0), "the first third is left out"
    later = [replace(each, files=999) if n == 3 else each for n, each in enumerate(samples)]
    assert (gate.growth(later)["files_per_1000_turns"] or 0) < 0, "nothing more is"


@pytest.mark.parametrize(
    "text", ["", "budget: 1", "forms: {}", "budget: {lost: 0}", "[", "budget: {lost: 0}\nforms: 1"]
)
def test_a_file_that_is_no_budget_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "budget.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"budget\.yml is no budget"):
        gate.load_budget("steady", path)


def test_a_finding_is_told_with_its_limit() -> None:
    found = gate.judge({"lost": 1}, {"lost": 0, "ghosts": 0})
    assert gate.as_json(found) == [
        {"name": "lost", "found": 1, "limit": 0, "ok": False},
        {"name": "ghosts", "found": None, "limit": 0, "ok": False},
    ]


# Shapes and customers


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        ("steady", {0.0: 100, 0.5: 100, 0.99: 100}),
        ("soak", {0.0: 100, 0.99: 100}),
        ("overload", {0.0: 400, 0.5: 400, 0.99: 400}),
        (
            "rush",
            {0.0: 30, 0.24: 30, 0.25: 30, 0.30: 115, 0.35: 200, 0.54: 200, 0.55: 200, 0.70: 115, 0.85: 30, 0.99: 30},
        ),
    ],
)
def test_how_many_customers_write_at_which_time(shape: str, levels: dict[float, int]) -> None:
    assert {share: customers_at(shape, share, 100) for share in levels} == levels
    assert set(SHAPES) == {"steady", "rush", "overload", "soak"}
    assert OVERLOAD == 4.0


def test_there_is_always_a_customer() -> None:
    assert customers_at("rush", 0.0, 1) == users_for(0.001, 1, 1) == 1
    assert users_for(10, 51, 9) == 10


def test_what_a_plan_does_unless_it_is_told_otherwise() -> None:
    plan = Plan(host="h", key="k", records="r")
    assert (plan.shape, plan.speed, plan.minutes, plan.dialogues, plan.think_s) == ("steady", 1.0, 10.0, 0, 60.0)
    assert (plan.least, plan.most, plan.returning) == (3, 10, 0.2)
    assert (plan.retries, plan.hangups, plan.bursts) == (0.02, 0.01, 0.05)
    assert PATIENCE_S > 30 + 20, "a caller waits longer than the service and nginx do"
    assert replace(plan, speed=4.0).wall_s(60.0) == 15.0


def test_a_town_is_exhausted_when_its_dialogues_have_begun() -> None:
    town = Town(replace(PLAN, dialogues=2))
    seen = []
    for _ in range(3):
        seen.append(town.exhausted)
        town.next()
    assert seen == [False, False, True]
    endless = Town(replace(PLAN, dialogues=0))
    endless.next()
    assert not endless.exhausted


def test_nobody_returns_who_has_not_left_and_a_seed_is_one_day() -> None:
    assert not any(Town(replace(PLAN, returning=1.0, seed=seed)).next().returning for seed in range(3))
    first, again, other = (Town(replace(PLAN, seed=seed)).next() for seed in (1, 1, 2))
    assert first == again != other
    (left_out,) = [persona for persona in load_personas() if persona.name == "kazakh"]
    whole, without = Town(PLAN), Town(replace(PLAN, without=("kazakh",)))
    assert {whole.next().texts[0] for _ in range(300)} & set(left_out.opens)
    assert {without.next().texts[0] for _ in range(300)} & set(left_out.opens) == set()


# Records


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"answer": "x", "meta": {"processing_ms": 12.7}}', (12, "")),
        (b'{"answer": "x", "error": null, "meta": {"processing_ms": 1}}', (1, "")),
        (b'{"answer": "", "meta": {"processing_ms": 1}}', (0, "no answer")),
        (b'{"answer": "x", "error": {"code": "INTERNAL"}, "meta": {"processing_ms": 1}}', (0, "no answer")),
        (b'{"answer": "x"}', (0, "outside the contract")),
        (b'{"answer": 1, "meta": {"processing_ms": 1}}', (0, "outside the contract")),
        (b"<html>", (0, "outside the contract")),
    ],
)
def test_what_a_200_is_read_as(content: bytes, found: tuple[int, str]) -> None:
    assert record.answer(content) == found


def test_records_come_back_whole_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "records.jsonl"
    told = [one(text="Сколько?"), one(kind="twin", status=429, error="RATE_LIMIT")]
    record.save(path, told)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"kind": "turn", "at": 1')
    assert record.read(path) == told
    assert record.read(tmp_path / "nowhere") == []
    assert one().answered and not one(error="x").answered and not one(status=429).answered


# What is watched


def test_sums_over_labels_and_the_cards_own_figures_are_read() -> None:
    text = (
        'machine_turns_total{outcome="answer"} 3\nmachine_turns_total{outcome="fallback"} 4\n'
        "machine_turns_running 2\nmachine_turns_waiting 5\nmachine_refusals_total 6\nmachine_model_calls_total 7\n"
        "machine_gpu_power_watts 61.5\nmachine_gpu_memory_used_bytes 9\n"
    )
    found = parse(text, 1.0)
    assert (found.turns, found.running, found.waiting, found.refusals, found.calls) == (7, 2, 5, 6, 7)
    assert found.gpu == {"power_watts": 61.5, "memory_used_bytes": 9.0}
    assert (found.rss, found.files) == (None, None)


def test_a_process_is_looked_at_in_bytes() -> None:

    rss, files = process(os.getpid())
    assert 20 * 2**20 < rss < 4 * 2**30
    assert 3 <= files < 10_000
    with pytest.raises(OSError, match="No such file"):
        process(2**22 + 1)


def test_a_line_through_points_that_do_not_lie_on_one() -> None:
    assert slope([(0, 0), (1, 2), (2, 1)]) == pytest.approx(0.5)
    assert slope([(1, 1), (1, 9)]) == 0.0


# The report


def test_a_report_passes_only_when_every_limit_was_kept() -> None:
    kept = gate.judge({"lost": 0}, {"lost": 0})
    broken = gate.judge({"lost": 1}, {"lost": 0})
    built = [
        report.build(PLAN, {"lost": 0.12345, "ghosts": None}, each, [], {"target": "x"})
        for each in (kept, kept + broken)
    ]
    assert [each["passed"] for each in built] == [True, False]
    assert built[0]["figures"] == {"lost": 0.123, "ghosts": None}
    assert "key" not in built[0] and PLAN.key not in str(built[0])
    page = report.html(built[1], [one(), one(status=429)], [], 10.0)
    assert "failed" in page and "FAILED" in page and "not measured" in page
    assert "passed" in report.html(built[0], [], [], 10.0)


def test_two_runs_are_compared_in_percent_of_the_former() -> None:
    rows = report.compared(
        {"accepted_p95_s": 15.0, "refused_share": 0.1, "accepted_p50_s": None, "lost": 3},
        {"accepted_p95_s": 10.0, "refused_share": 0.0, "accepted_p50_s": 5.0, "lost": 1},
    )
    change = {name: (old, new, said) for name, old, new, said in rows}
    assert change["accepted_p95_s"] == (10.0, 15.0, "+50.0%")
    assert change["refused_share"] == (0.0, 0.1, "-")
    assert change["accepted_p50_s"] == (5.0, None, "-")
    assert "lost" not in change


# The command line


def test_what_a_run_is_unless_it_is_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADTEST_KEY", "of the environment")
    options = run.parser().parse_args([])
    assert (options.shape, options.minutes, options.answer, options.seed) == ("steady", 20.0, 120, 1)
    assert (options.key, options.host, options.sessions) == ("of the environment", "", "LOAD_1")
    assert options.budget == gate.BUDGET


@pytest.mark.parametrize(
    ("arguments", "speed", "profile"),
    [
        ([], 10.0, "gex44"),
        (["--speed", "4"], 4.0, "gex44"),
        (["--shape", "soak"], 10.0, "instant"),
        (["--shape", "soak", "--profile", "gex44"], 10.0, "gex44"),
        (["--host", "http://x", "--key", "k", "--speed", "4"], 1.0, "gex44"),
    ],
)
@pytest.mark.parametrize(("passed", "status"), [(True, 0), (False, 1)])
def test_a_run_ends_with_0_when_it_passed_and_a_real_machine_is_tested_in_its_own_time(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], speed: float, profile: str, passed: bool, status: int
) -> None:
    seen: list[argparse.Namespace] = []

    def instead(options: argparse.Namespace) -> dict[str, Any]:
        seen.append(options)
        return {"passed": passed}

    monkeypatch.setattr(run, "run", instead)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # of the tests' own process
    assert run.main(arguments) == status
    assert (seen[0].speed, seen[0].profile) == (speed, profile)


@pytest.mark.parametrize("error", [OSError("a"), RuntimeError("Locust ended with 1"), ValueError("c")])
def test_a_run_that_did_not_come_about_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def instead(_options: argparse.Namespace) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(run, "run", instead)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # of the tests' own process
    assert run.main([]) == 2
    assert capsys.readouterr().err == f"no run: {error}\n"


def test_the_tokens_of_a_call_are_those_that_the_emulated_server_counted() -> None:
    stats = {"calls": 5, "choices": 1, "prompt_tokens": 400, "cached_tokens": 100, "output_tokens": 80}
    assert run.served(stats) == {"prompt": 100.0, "fresh": 75.0, "answer": 20.0}
    assert run.served(stats | {"calls": 0})["answer"] == 80.0


# What was written down, against what callers saw


def memory(folder: Path, *turns: tuple[str, bytes]) -> Path:
    path = folder / "conversations.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE turns (id INTEGER PRIMARY KEY, revision, request_id, session_id, user_id, response)")
        db.execute("CREATE TABLE observations (session_id, user_id)")
        db.execute("CREATE TABLE conversations (session_id, user_id, revision, logged)")
        db.execute("CREATE TABLE messages (turn_id, replaces)")
        for number, (request_id, response) in enumerate(turns, 1):
            db.execute("INSERT INTO turns VALUES (?1, ?1, ?2, 's', 'u', ?3)", (number, request_id, response))
            db.executemany("INSERT INTO messages VALUES (?, NULL)", [(number,), (number,)])
        db.execute("INSERT INTO conversations VALUES ('s', 'u', ?1, ?1)", (len(turns),))
        db.commit()
    return path


ANSWER = record.digest(b"a")


@pytest.mark.parametrize(
    ("turns", "records", "found"),
    [
        ([("r", b"a")], [one(digest=ANSWER)], {}),
        ([], [one(digest=ANSWER)], {"lost": 1}),
        ([("r", b"other")], [one(digest=ANSWER)], {"doubled": 1}),
        ([("r", b"a"), ("r", b"a")], [one(digest=ANSWER)], {"doubled": 1}),
        ([("r", b"a")], [one(digest=ANSWER), one(kind="retry", digest="b")], {"doubled": 2}),
        ([("r", b"a")], [], {"ghosts": 1}),
        ([("r", b"a")], [one(status=503, digest="")], {"ghosts": 1}),
        ([("r", b"a")], [one(status=429, digest="")], {"ghosts": 1}),
        ([("r", b"a")], [one(status=record.CUT, digest="")], {}),
        ([("r", b"a")], [one(status=-1, digest="")], {}),
        ([("r", b"a")], [one(status=503, digest=""), one(kind="retry", digest=ANSWER)], {}),
    ],
)
def test_what_is_lost_doubled_or_a_ghost(
    tmp_path: Path, turns: list[tuple[str, bytes]], records: list[Record], found: dict[str, int]
) -> None:
    told = against_store(memory(tmp_path, *turns), records)
    counts = {"lost": told.lost, "doubled": told.doubled, "ghosts": told.ghosts, "damaged": told.damaged}
    assert counts == {"lost": 0, "doubled": 0, "ghosts": 0, "damaged": 0} | found
    assert bool(told.examples) is bool(found)
    assert told.checked == len({each.request_id for each in records if each.status == 200})


def test_a_gap_in_a_conversation_is_damage_and_at_most_five_turns_are_named(tmp_path: Path) -> None:
    path = memory(tmp_path, *[(f"r{n}", b"a") for n in range(9)])
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE conversations SET revision = 10")
        db.execute("INSERT INTO conversations VALUES ('s', 'v', 1, 1)")
        db.commit()
    told = against_store(path, [])
    assert (told.damaged, told.ghosts, told.examples) == (2, 9, ("r0", "r1", "r2", "r3", "r4"))
