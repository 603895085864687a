"""The load tests themselves: their customers, what they check, the gate, a short run, and measuring a card."""

import json
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.capacity.queueing import Card
from app.capacity.table import load_card
from app.telemetry import Telemetry
from loadtests import gate, measure, record, report, run
from loadtests.check import Consistency, against_store, by_replay, doubled
from loadtests.customers import CHANNELS, Town
from loadtests.emulators.harness import OllamaEmulator
from loadtests.emulators.profiles import PROFILES, load_profile
from loadtests.plan import PATIENCE_S, Plan, load_plan
from loadtests.record import Record
from loadtests.service import KEY, Server
from loadtests.shapes import SHAPES, customers_at, users_for
from loadtests.watch import Sample, Watch, parse, slope

PLAN = Plan(host="http://localhost", key="key", records="records.jsonl", sessions=("a", "b", "c"))


def one(**changes: Any) -> Record:
    values: dict[str, Any] = {"kind": "turn", "at": 0.0, "took_s": 1.0, "status": 200, "request_id": "r", "session": "s",
                              "user": "u", "channel": "whatsapp", "text": "?", "digest": "d"}  # fmt: skip
    return Record(**(values | changes))


def test_customers_come_back_and_use_every_channel_and_bot() -> None:
    town = Town(PLAN)
    found = []
    for _ in range(600):
        found.append(town.next())
        town.left(found[-1].customer)
    assert 0.15 < sum(each.returning for each in found) / len(found) < 0.25
    assert {each.customer.channel for each in found} == set(CHANNELS)
    assert {each.customer.session for each in found} == set(PLAN.sessions)
    assert all(PLAN.least <= len(each.texts) <= PLAN.most for each in found)
    again = Counter(each.customer.user for each in found)
    assert max(again.values()) > 1 and len(again) == sum(not each.returning for each in found)


def test_a_customer_in_conversation_does_not_return_meanwhile() -> None:
    town = Town(replace(PLAN, returning=1.0, dialogues=3))
    first, second = town.next(), town.next()
    assert first.customer != second.customer
    town.left(first.customer)
    assert town.next().customer == first.customer and town.exhausted


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    PLAN.write(tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json") == PLAN


def test_shapes() -> None:
    assert {customers_at("steady", share / 10, 25) for share in range(10)} == {25}
    assert customers_at("overload", 0.5, 25) == 100
    morning = [customers_at("rush", share / 100, 100) for share in range(100)]
    assert morning[0] == morning[-1] == 30 and max(morning) == 200 and morning.index(200) < 40
    assert all(customers_at(shape, 0.5, 1) >= 1 for shape in SHAPES)
    assert users_for(20, 60, 9) == 23


def test_a_straight_line_has_its_own_slope() -> None:
    assert slope([(x, 3 + 2.5 * x) for x in range(9)]) == pytest.approx(2.5)
    assert slope([]) == slope([(1, 5)]) == 0.0


def test_metrics_are_read() -> None:
    telemetry = Telemetry(b"key")
    telemetry.stage.labels("decode").observe(2.0)
    telemetry.stage.labels("decode").observe(4.0)
    telemetry.model_tokens.labels("answer").inc(90)
    telemetry.waiting.set(3)
    telemetry.turns.labels("answer", "price").inc(2)
    found = parse(telemetry.exposition().decode(), 5.0)
    assert (found.stage_sums["decode"], found.stage_counts["decode"]) == (6.0, 2.0)
    assert (found.tokens["answer"], found.waiting, found.turns, found.at) == (90.0, 3.0, 2.0, 5.0)


def good(shape: str) -> dict[str, float | None]:
    """Figures that keep each limit exactly."""
    return dict(gate.load_budget(shape))


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_the_gate_lets_pass_what_keeps_every_limit_and_nothing_else(shape: str) -> None:
    budget = gate.load_budget(shape)
    assert all(each.ok for each in gate.judge(good(shape), budget))
    for name, limit in budget.items():
        worse = limit - 0.01 if name in ("accepted_of_model", "least_answers") else limit + 0.01
        for bad in (worse, None):
            assert [each.name for each in gate.judge(good(shape) | {name: bad}, budget) if not each.ok] == [name]


def test_figures_are_in_model_time_and_refusals_in_the_walls() -> None:
    records = [one(at=float(n), took_s=0.5 + n / 100, request_id=f"r{n}", user=f"u{n}") for n in range(100)]
    records += [one(kind="retry", request_id="r1", at=300.0)]
    records += [one(status=429, took_s=0.2, at=400.0 + n, user=f"x{n}", request_id=f"x{n}") for n in range(10)]
    records += [one(status=503, at=500.0, user="y"), one(status=500, at=501.0, user="z"), one(status=422, user="w")]
    plan = replace(PLAN, speed=10.0, minutes=10.0)
    found = gate.figures(records, [], Consistency("nothing"), plan, model_per_minute=8.0)
    assert found["accepted_p95_s"] == pytest.approx(14.5) and found["accepted_per_minute"] == 10.0
    assert found["refusal_p99_ms"] == pytest.approx(200) and found["repeated"] == 1
    assert (found["server_errors"], found["unavailable"], found["bad_statuses"]) == (1, 1, 1)
    assert found["accepted_of_model"] == pytest.approx(10 / 8)
    assert found["memory_kib_per_1000_turns"] is None


@pytest.mark.parametrize(
    "content",
    [b"<html>Welcome</html>", b"[]", b'{"answer": " ", "meta": {"processing_ms": 1}}', b'{"meta": {"processing_ms": 1}}',
     b'{"answer": "x", "error": {"code": "INTERNAL"}, "meta": {"processing_ms": 1}}'],
)  # fmt: skip
def test_a_200_that_says_nothing_is_no_answer(content: bytes) -> None:
    assert record.answer(b'{"answer": "x", "meta": {"processing_ms": 7}}') == (7, "")
    said_nothing = one(error=record.answer(content)[1])
    found = gate.figures([said_nothing], [], Consistency("nothing"), PLAN, model_per_minute=8.0)
    assert (found["answers"], found["accepted_per_minute"], found["bad_statuses"]) == (0, 0, 1)


def test_what_could_not_be_looked_at_is_not_judged_as_kept() -> None:
    budget = gate.load_budget("steady")
    assert gate.checkable(budget, Consistency("the service's database")) == budget
    told = gate.checkable(budget, Consistency("replayed request_ids", ghosts=None, damaged=None))
    assert set(budget) - set(told) == {"ghosts", "damaged"}


def test_a_request_that_hangs_at_the_end_is_waited_for_until_it_fails() -> None:
    for speed in (1.0, 8.0, 50.0):
        assert run.last_answers_s(replace(PLAN, speed=speed)) > replace(PLAN, speed=speed).wall_s(PATIENCE_S)


def test_a_message_behind_another_of_its_conversation_is_known() -> None:
    first, second, alone = one(at=0, took_s=5), one(at=2, status=429, took_s=4), one(at=2, user="v", status=429)
    assert gate.behind_another([first, second, alone]) == [second]
    assert gate.behind_another([first, one(at=6)]) == []


def test_growth_is_per_thousand_turns_and_leaves_the_beginning_out() -> None:
    flat = [Sample(float(n), turns=n * 10, rss=100 * 2**20 + max(0, 20 - n) * 2**20, files=30) for n in range(90)]
    assert gate.growth(flat) == {"memory_kib_per_1000_turns": pytest.approx(0), "files_per_1000_turns": 0.0}
    leaking = [replace(each, rss=2**20 * 100 + n * 10240, files=30 + n // 5) for n, each in enumerate(flat)]
    found = gate.growth(leaking)
    assert found["memory_kib_per_1000_turns"] == pytest.approx(1000)
    assert (found["files_per_1000_turns"] or 0) == pytest.approx(20, rel=0.05)


def test_no_turns_are_no_proof_of_flat_memory() -> None:
    still = [Sample(float(n), turns=40, rss=2**20, files=30) for n in range(9)]
    for samples in ([], still[:1], still):
        assert set(gate.growth(samples).values()) == {None}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service's database after three turns of two customers, and the records of their caller."""
    records = []
    with Server(tmp_path_factory.mktemp("told")) as server, server.client() as client:
        for number in range(3):
            asked = (f"id-{number}", "BOT_1", f"told-{number % 2}", "whatsapp", "Сколько стоит тариф Рост?")
            response = client.post(record.PATH, json=record.body(*asked))
            assert response.status_code == 200
            records.append(one(request_id=asked[0], session=asked[1], user=asked[2], text=asked[4],
                               digest=record.digest(response.content)))  # fmt: skip
        assert by_replay(client, records) == Consistency("replayed request_ids", 3, ghosts=None, damaged=None)
        changed = [
            replace(records[0], digest="other"),
            replace(records[1], user="told-nobody", text="Есть пробный период?"),
            records[2],
        ]
        found = by_replay(client, [*changed, replace(records[2], text="Иное", request_id="id-0", status=429)])
        assert (found.lost, found.doubled) == (0, 2)  # a changed answer; one that was made only now
        reused = replace(records[2], text="Совсем другой вопрос")
        assert by_replay(client, [reused]).lost == 1
        server.stop()
        gone = by_replay(client, records)
        assert gone.lost == 3 and "until the machine did not answer" in gone.how
        yield server.data / "conversations.db", records, {"told-nobody"}


def tampered(told: Any, folder: Path, *statements: str) -> Consistency:
    path, records, extra = told
    copy = folder / "copy.db"
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as db:
        for user in extra:
            for name in ("turns", "conversations"):
                db.execute(f"DELETE FROM {name} WHERE user_id = ?", (user,))
        for statement in statements:
            db.execute(statement)
        db.commit()
    return against_store(copy, records)


def test_the_store_is_compared_with_what_callers_saw(told: Any, tmp_path: Path) -> None:
    assert tampered(told, tmp_path) == Consistency("the service's database", 3)
    lost = tampered(told, tmp_path, "DELETE FROM turns WHERE request_id = 'id-1'")
    assert (lost.lost, lost.damaged) == (1, 1)
    assert tampered(told, tmp_path, "UPDATE turns SET response = '{}' WHERE request_id = 'id-2'").doubled == 1
    ghost = tampered(told, tmp_path, "UPDATE turns SET request_id = 'never-asked' WHERE request_id = 'id-0'")
    assert (ghost.lost, ghost.ghosts) == (1, 1)
    path, records, _ = told
    refused = [replace(each, status=429) if each.request_id == "id-0" else each for each in records]
    assert against_store(path, refused).ghosts >= 1
    cut = [replace(each, status=record.CUT) if each.request_id == "id-0" else each for each in records]
    assert against_store(path, cut).ghosts == against_store(path, records).ghosts  # nobody knows what became of it


def test_two_answers_to_one_request_are_seen() -> None:
    assert doubled([one(), one(kind="retry")]) == 0
    assert doubled([one(), one(kind="twin", digest="other"), one(kind="retry", status=429, digest="")]) == 1


def test_a_watch_that_sees_nothing_says_so() -> None:
    with Watch("http://127.0.0.1:9", every_s=0.05) as watch:
        time.sleep(0.3)
    assert watch.samples == [] and watch.missed >= 2


@pytest.mark.long
def test_a_short_run_passes_the_gate_and_leaves_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--think", "20", "--speed", "10", "--rate", "18"]
    assert run.main([*common, "--minutes", "2.2", "--out", str(tmp_path / "first")]) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "model time" in shown and "the gate passed" in shown
    found = json.loads((tmp_path / "first" / "report.json").read_text("utf-8"))
    assert found["passed"] and found["figures"]["answers"] >= 30 and found["tokens_per_call"]["fresh"] > 100
    assert "model seconds" in found["times"] and KEY not in json.dumps(found)
    assert found["consistency"]["how"] == "the service's database" and found["consistency"]["checked"] >= 30
    records = record.read(tmp_path / "first" / "records.jsonl")
    assert len(records) == found["figures"]["messages"] + found["figures"]["repeated"]
    page = (tmp_path / "first" / "report.html").read_text("utf-8")
    assert page.count("<svg") >= 6 and "<script" not in page and "<polyline" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")

    slow = tmp_path / "slow.json"
    slow.write_text(json.dumps({"decode_tps": 4, "prefill_tps": 300}), "utf-8")
    former = ["--compare", str(tmp_path / "first" / "report.json"), "--out", str(tmp_path / "slow")]
    crowd = ["--rate", "40"]  # few customers wait for a slow card and so bring it less: they alone overload nothing
    assert run.main([*common, *crowd, "--minutes", "2", "--profile", str(slow), *former]) == 1
    worse = json.loads((tmp_path / "slow" / "report.json").read_text("utf-8"))
    broken = {each["name"] for each in worse["gate"] if not each["ok"]}
    assert broken & {"accepted_of_model", "refused_share"} and not broken & {
        "lost",
        "doubled",
        "ghosts",
        "damaged",
        "server_errors",
    }
    assert "former" in (tmp_path / "slow" / "report.html").read_text("utf-8")
    rows = {name: change for name, *_, change in report.compared(worse["figures"], found["figures"])}
    assert rows["accepted_p50_s"].startswith("+") and rows["accepted_per_minute"].startswith("-")


@pytest.mark.long
def test_a_running_machine_is_tested_and_what_it_said_is_asked_for_again(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["--host", server.url]) == 2  # no key
    capsys.readouterr()
    arguments = ["--host", server.url, "--key", KEY, "--metrics", server.url, "--sessions", "BOT_1,BOT_2"]
    load = ["--minutes", "0.1", "--rate", "300", "--think", "1", "--out", str(tmp_path)]
    assert run.main([*arguments, *load]) == 0, capsys.readouterr().out
    found = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert found["consistency"]["how"] == "replayed request_ids" and found["consistency"]["checked"] >= 30
    assert found["speed"] == 1 and found["figures"]["memory_kib_per_1000_turns"] is None


@pytest.mark.parametrize("option", ["--compare", "--budget", "--card"])
@pytest.mark.parametrize("text", [None, "", "[1]", "{"])
def test_a_file_that_cannot_be_read_is_said_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, text: str | None
) -> None:
    path = tmp_path / "wanted"
    if text is not None:
        path.write_text(text, "utf-8")
    arguments = ["--host", "http://127.0.0.1:9", "--key", KEY, "--minutes", "0.01", option, str(path)]
    assert run.main([*arguments, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert "messages a model minute" not in shown.out, "the run began"
    assert shown.err.startswith("no run: ") and shown.err.count("\n") == 1
    assert "wanted" in shown.err


def test_a_folder_that_cannot_be_made_is_said_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    arguments = [
        "--host",
        "http://127.0.0.1:9",
        "--key",
        KEY,
        "--minutes",
        "0.01",
        "--out",
        str(tmp_path / "file" / "out"),
    ]
    assert run.main(arguments) == 2
    shown = capsys.readouterr()
    assert "messages a model minute" not in shown.out and shown.err.startswith("no run: ")


@pytest.mark.long
def test_nobody_there_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--host", "http://127.0.0.1:9", "--key", KEY, "--minutes", "0.02", "--rate", "100", "--think", "0.5"]
    assert run.main([*arguments, "--out", str(tmp_path)]) == 1
    assert "FAILED server_errors" in capsys.readouterr().out


@pytest.mark.long
def test_a_measured_card_is_the_emulated_one(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    speed, path = 8.0, tmp_path / "card.json"
    with OllamaEmulator("--profile", "gex44", "--speed", str(speed), "--context-length", "6144") as ollama:
        ollama.fault("text", times=200, text="Один, два, три, четыре и так далее, пока хватит терпения. " * 16)
        more = ["--cold", "--service", server.url, "--key", KEY, "--out", str(path)]
        assert measure.main(["--host", ollama.url, *more]) == 0, capsys.readouterr().err
        assert ollama.stats()["cancelled"] >= 4 and ollama.stats()["truncated"] == 0
    truth, found = PROFILES["gex44"], load_profile(str(path))
    assert found.decode_tps / speed == pytest.approx(truth.decode_tps, rel=0.1)
    assert found.prefill_tps / speed == pytest.approx(truth.prefill_tps, rel=0.1)
    assert found.eff == pytest.approx(truth.eff, rel=0.1)
    assert found.load_s * speed == pytest.approx(truth.load_s, rel=0.1)
    card = load_card(path)
    extras = json.loads(path.read_text("utf-8"))["extras"]
    assert card.gain == found.eff and card.retrieval_s == extras["retrieval_s"] < 0.5
    assert 0 < extras["cancel_s"] < 2 and extras["vram"]["bytes"] > 9e9 and extras["version"] == "0.32.7"


def test_measuring_says_what_is_in_its_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "card.json"
    assert measure.main(["--host", "http://127.0.0.1:9", "--out", str(path)]) == 2
    with OllamaEmulator("--profile", "instant") as ollama:
        assert measure.main(["--host", ollama.url, "--model", "other", "--out", str(path)]) == 2
    assert not path.exists()


def test_a_figure_that_cannot_be_had_is_named_and_the_others_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that stops after a few tokens whatever the form says, and whose vocabulary is coarse."""
    path = tmp_path / "card.json"
    with OllamaEmulator("--speed", "30", "--coarse", "2.4", "--num-parallel", "2") as ollama:
        ollama.fault("json", times=1, text="[1]")
        assert measure.main(["--host", ollama.url, "--context", "2048", "--slots", "2", "--out", str(path)]) == 1
    assert "decode_tps: not measured" in capsys.readouterr().err
    values = json.loads(path.read_text("utf-8"))
    assert set(values["extras"]["missing"]) == {"decode_tps"}
    assert values["prefill_tps"] / 30 == pytest.approx(900, rel=0.2)
    assert 0 < values["extras"]["cancel_s"] < 3
    assert load_card(path).decode_tps == Card().decode_tps
    assert load_card(path).prefill_tps == values["prefill_tps"]
    assert load_profile(str(path)).prefill_tps == values["prefill_tps"]


def test_how_long_an_answer_is_is_not_the_models_choice(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    with OllamaEmulator("--speed", "30", "--num-parallel", "2") as ollama:
        ollama.fault("text", times=50, text="Нет.")
        assert measure.main(["--host", ollama.url, "--slots", "2", "--out", str(path)]) == 0
    values = json.loads(path.read_text("utf-8"))
    assert values["decode_tps"] / 30 == pytest.approx(23.5, rel=0.25)
    assert "missing" not in values["extras"]
