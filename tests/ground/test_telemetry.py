"""The log line by line and the metrics by their names: what operators search, rules ask for, and nobody may read out of them."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from prometheus_client import Histogram

from app.telemetry import Telemetry, configure_logging, hashed
from loadtests.service import ROOT


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes, at the level that a test chooses with `configure_logging`; afterwards all is as before."""
    root = logging.getLogger()
    before = structlog.get_config(), root.handlers[:], root.level
    yield io.StringIO()
    structlog.configure(**before[0])
    root.handlers[:], root.level = before[1], before[2]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# Ids


def test_an_id_is_twelve_hex_digits_that_nobody_can_make_without_the_key() -> None:
    one = hashed(b"key", "77010000001", "BOT_1")
    assert re.fullmatch("[0-9a-f]{12}", one)
    assert one == hashed(b"key", "77010000001", "BOT_1"), "the same across restarts"
    others = [hashed(b"other", "77010000001", "BOT_1"), hashed(b"key", "77010000001", "BOT_2"), hashed(b"key", "77010000001"),
              hashed(b"key", "77010000002", "BOT_1"), hashed(b"key", "1", "BOT_17701000000")]  # fmt: skip
    assert len({one, *others}) == 6
    assert hashed(b"key", "bc", "a") != hashed(b"key", "c", "ab"), "nor do joined parts meet"
    assert Telemetry(b"key").hashed("77010000001", "BOT_1") == one


def test_an_id_that_is_no_text_of_a_file_has_a_hash_too() -> None:
    assert hashed(b"key", b"\xff".decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("shown", [True, False])
def test_a_text_is_in_a_line_only_where_the_flag_says_so(shown: bool) -> None:
    assert Telemetry(b"key", log_text=shown).text("Айгуль") == ({"text": "Айгуль"} if shown else {})


# Lines


LEVELS = ("debug", "info", "warning", "error")


@pytest.mark.parametrize("level", LEVELS)
def test_the_level_holds_for_our_lines_and_for_those_of_libraries(level: str, stream: io.StringIO) -> None:
    configure_logging(level, stream)
    ours, library = structlog.get_logger(), logging.getLogger("a.library")
    library.setLevel(logging.DEBUG)  # it may lower its own
    for each in LEVELS:
        getattr(ours, each)("ours")
        getattr(library, each)("theirs")
    expected = list(LEVELS[LEVELS.index(level) :])
    assert [line["level"] for line in lines(stream) if line["event"] == "ours"] == expected
    assert [line["level"] for line in lines(stream) if line["event"] == "theirs"] == expected
    library.setLevel(logging.NOTSET)


def test_a_line_has_its_time_in_utc_its_level_and_of_a_library_its_name(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    structlog.get_logger().info("ours", n=1)
    logging.getLogger("a.library").info("theirs %s", "words")
    ours, theirs = lines(stream)
    assert set(ours) == {"event", "n", "level", "at"}
    assert set(theirs) == {"event", "level", "at", "logger"}
    assert (theirs["event"], theirs["logger"]) == ("theirs words", "a.library")
    for line in (ours, theirs):
        assert line["at"].endswith("Z")
        assert abs(datetime.fromisoformat(line["at"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_second_setting_of_the_log_does_not_write_lines_twice(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    configure_logging("info", stream)
    logging.getLogger("uvicorn.error").info("started")
    assert len(lines(stream)) == 1


@pytest.mark.parametrize(
    ("name", "written"),
    [("uvicorn", True), ("uvicorn.error", True), ("uvicorn.access", False), ("httpx", False), ("asyncio", True)],
)
def test_of_libraries_those_that_name_addresses_are_not_written(name: str, written: bool, stream: io.StringIO) -> None:
    configure_logging("info", stream)
    logging.getLogger(name).info("POST http://10.0.0.7/77010000001")
    assert bool(stream.getvalue()) is written
    logging.getLogger(name).warning("trouble")
    assert ("trouble" in stream.getvalue()) is (name != "uvicorn.access")


def deep(count: int) -> None:
    if count:
        deep(count - 1)
    raise ValueError("secret: Айгуль 77010000001")


@pytest.mark.parametrize("way", ["exception", "exc_info", "given", "tuple", "library"])
@pytest.mark.parametrize("count", [1, 30])
def test_an_exception_is_in_the_log_as_its_type_and_eight_places(way: str, count: int, stream: io.StringIO) -> None:
    configure_logging("info", stream)
    try:
        deep(count)
    except ValueError as error:
        match way:
            case "exception":
                structlog.get_logger().exception("failed")
            case "exc_info":
                structlog.get_logger().error("failed", exc_info=True)
            case "given":
                structlog.get_logger().error("failed", exc_info=error)
            case "tuple":
                structlog.get_logger().error("failed", exc_info=sys.exc_info())
            case _:
                logging.getLogger("a.library").exception("failed")
    (line,) = lines(stream)
    assert "secret" not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()
    assert (line["event"], line["exception"]) == ("failed", "ValueError")
    assert len(line["trace"]) == min(count + 2, 8), "the innermost of them"
    assert all(re.fullmatch(r"test_telemetry\.py:\d+:\w+", place) for place in line["trace"])
    assert line["trace"][-1].endswith(":deep")
    assert "exc_info" not in line


def test_a_line_without_an_exception_has_no_place_for_one(stream: io.StringIO) -> None:
    configure_logging("info", stream)
    structlog.get_logger().error("failed", exc_info=None)
    structlog.get_logger().error("failed", exc_info=True)  # where there is none
    assert all(not {"exception", "trace", "exc_info"} & set(line) for line in lines(stream))


# Metrics


def documented() -> dict[str, set[str]]:
    """The metrics of the page on operation, each with its labels."""
    page = (ROOT / "docs/operation.md").read_text("utf-8")
    table = page.partition("## Watch")[2].partition("## Read the log")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `machine_")]
    found = [re.fullmatch(r"(\w+)(?:\{(.*)\})?", name) for row in rows for name in re.findall(r"`([^`]+)`", row)]
    return {each[1]: set((each[2] or "").split(",")) - {""} for each in found if each}


def known() -> dict[str, set[str]]:
    """Those that there are."""
    found = {}
    for metric in Telemetry(b"key").registry._collector_to_names:
        name, kind = metric._name, metric._type  # type: ignore[attr-defined]
        found[f"{name}_total" if kind == "counter" else name] = set(metric._labelnames)  # type: ignore[attr-defined]
    return found


def test_every_metric_has_the_name_and_the_labels_of_its_page() -> None:
    """A dashboard or a rule that asks for another one is silent for ever."""
    assert known() == documented()
    assert len(known()) > 25


def test_times_are_told_apart_where_it_matters() -> None:
    """At the deadline of 30 s, at the 45 s of the promise, and around a stretch of the loop."""
    telemetry = Telemetry(b"key")
    for metric in (telemetry.turn, telemetry.first_token, telemetry.loop_late, telemetry.stage.labels("x")):
        assert isinstance(metric, Histogram)
        assert {0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60} <= set(metric._upper_bounds)


def test_a_stage_that_comes_twice_is_added_up_and_one_that_fails_is_timed_too() -> None:
    telemetry = Telemetry(b"key")
    stages = telemetry.stages(started=0.0)
    stages.add("search", 1.5)
    stages.add("search", 2.0)
    with pytest.raises(KeyError), stages.time("search"):
        raise KeyError
    with stages.time("other"):
        pass
    assert stages.seconds["search"] == pytest.approx(3.5, abs=0.1)
    assert set(stages.seconds) == {"search", "other"}
    said = telemetry.exposition().decode()
    assert 'machine_stage_seconds_count{stage="search"} 3.0' in said
    assert 'machine_stage_seconds_count{stage="other"} 1.0' in said
    assert stages.elapsed() > 100, "since the turn began"
