"""`machine capacity`: its laws, the figures of the estimate, what it reads and writes."""

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from app.capacity.chart import Series, chart, ticks
from app.capacity.queueing import Card, Load, simulate
from app.capacity.table import dialogues_a_day, highest_rate, load_card, table
from app.cli import main
from app.errors import ConfigError


def rate(card: Card | None = None, *, fresh: int = 408, answer: int = 120, slots: int = 4) -> float:
    return highest_rate(card or Card(), Load(1.0, fresh, answer, slots))


@pytest.mark.parametrize(
    ("fresh", "answer", "expected"),
    [(1500, 120, 13.7), (1500, 200, 8.1), (1500, 300, 3.9), (400, 120, 23.3), (400, 200, 13.1), (400, 300, 6.6)],
)
def test_the_estimate_of_the_card_comes_out_again(fresh: int, answer: int, expected: float) -> None:
    assert rate(fresh=fresh, answer=answer) == pytest.approx(expected, rel=0.12)


@pytest.mark.long
def test_more_work_a_turn_means_fewer_turns_and_a_faster_card_means_more() -> None:
    usual = rate()
    assert rate(answer=150) < usual > rate(fresh=900)
    assert rate(slots=1) < rate(slots=2) < rate(slots=3) < usual
    assert rate(Card(decode_tps=47.0)) > 1.5 * usual
    assert rate(Card(prefill_tps=1800.0)) > usual
    assert rate(Card(gain=(1.0, 1.0, 1.0, 1.0))) < usual


def test_a_turn_alone_takes_what_its_parts_take() -> None:
    short, long = (simulate(Card(), Load(1.0, fresh, turns=1)).p95_s for fresh in (400, 1300))
    assert long - short == pytest.approx(900 / 900)
    slow = simulate(Card(decode_tps=11.75), Load(1.0, 400, turns=1)).p95_s
    fixed = 0.6 + 400 / 900
    assert slow - fixed == pytest.approx(2 * (short - fixed))


def test_the_same_seed_plays_the_same_customers() -> None:
    load = Load(20.0, turns=300)
    assert simulate(Card(), load) == simulate(Card(), load) != simulate(Card(), Load(20.0, turns=300, seed=2))


def test_every_arrival_is_answered_or_refused() -> None:
    for per_minute in (5.0, 25.0, 90.0):
        found = simulate(Card(), Load(per_minute))
        assert found.answered + found.refused == found.arrived == 2000
        assert 0 <= found.late <= found.answered


def test_without_admission_the_queue_runs_away_and_with_it_the_promise_holds() -> None:
    highest = rate()
    without = simulate(Card(), Load(4 * highest, admission=False))
    held = simulate(Card(), Load(4 * highest))
    assert without.p95_s == math.inf and not without.in_time
    assert held.p99_s <= 45 and held.late <= 0.05 * held.answered
    assert held.per_minute >= highest  # a flood costs nobody who was let in


def test_a_card_too_slow_for_a_single_answer_carries_nothing() -> None:
    assert rate(Card(decode_tps=2.0)) == 0.0


def test_a_row_for_each_length_and_number_of_places() -> None:
    rows = table(Card(), fresh=408, answers=(120, 200), slots=(1, 4), turns=8, peak=0.12)
    assert [(row["answer_tokens"], row["slots"]) for row in rows] == [(120, 1), (120, 4), (200, 1), (200, 4)]
    assert all(row["p95_s"] <= 30 and row["p99_s"] <= 45 for row in rows)
    assert dialogues_a_day(20.0, turns=8, peak=0.1) == 1500


def test_the_command_prints_a_table_and_draws_a_plot(tmp_path: Path) -> None:
    plot = tmp_path / "rates.svg"
    arguments = ["capacity", "--answer", "120", "--answer", "200", "--slots", "2", "--plot", str(plot)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "23.5 tokens/s" in result.output and "(estimated)" in result.output
    lines = [line.split() for line in result.output.splitlines() if line.strip().startswith(("120", "200"))]
    assert [line[:2] for line in lines] == [["120", "2"], ["200", "2"]]
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")


def test_a_plot_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    arguments = ["--answer", "120", "--slots", "2", "--plot", str(tmp_path / "nowhere" / "rates.svg")]
    result = CliRunner().invoke(main, ["capacity", *arguments])
    assert result.exit_code == 2 and result.output.count("\n") == 1 and "rates.svg" in result.output


def test_the_command_reads_a_measured_card(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    profile = {"decode_tps": 50, "prefill_tps": 2000, "eff": [1, 1.5], "extras": {"retrieval_s": 0.1}}
    path.write_text(json.dumps(profile), "utf-8")
    assert load_card(path) == Card(50.0, 2000.0, (1.0, 1.5), 0.1)
    result = CliRunner().invoke(main, ["capacity", "--profile", str(path), "--json", "--answer", "120", "--slots", "2"])
    found = json.loads(result.output)
    assert found["card"]["decode_tps"] == 50
    assert found["rows"][0]["per_minute"] == round(rate(load_card(path), slots=2), 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"decode_tps": 0, "prefill_tps": 9, "eff": [1]}',
        '{"decode_tps": 1, "prefill_tps": 1, "eff": []}',
        '{"decode_tps": NaN, "prefill_tps": 900, "eff": [1]}',
        '{"decode_tps": 20, "prefill_tps": Infinity, "eff": [1]}',
        '{"decode_tps": 20, "prefill_tps": 900, "eff": [1], "extras": {"retrieval_s": NaN}}',
    ],
)
def test_a_file_that_is_no_profile_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError):
        load_card(path)
    result = CliRunner().invoke(main, ["capacity", "--profile", str(path)])
    assert result.exit_code == 2 and result.output.count("\n") == 1


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 0), (3.2, 3.3), (0, 99), (120, 300), (0, 123456), (0, 0.004)])
def test_the_marks_of_an_axis_hold_what_is_drawn(low: float, high: float) -> None:
    marks = ticks(low, high)
    assert marks[0] <= low and marks[-1] >= high and 2 <= len(marks) <= 14
    assert marks == sorted(set(marks))


def test_a_chart_is_well_formed_whatever_it_is_given() -> None:
    full = chart(
        "a < b & c", [Series("x", [(0, 1), (1, 2)]), Series("y", [(0, 5)]), Series("unseen", [])], limit=9, x="s"
    )
    root = ElementTree.fromstring(full)
    assert len(root.findall("{*}polyline")) == 1 and len(root.findall("{*}circle")) == 1
    assert "unseen" not in full and "http" not in full.replace("http://www.w3.org/2000/svg", "")
    ElementTree.fromstring(chart("nothing", []))
