"""OpenAI's protocol without a network: events out of bytes, and what each says; any bytes, any JSON."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.client import CallFailed, Piece, Usage
from app.llm.sse import EventReader
from app.llm.wire import Answer, body_of, closed, kind_of, models_of, nearest, root_of, seconds_of, strict
from app.llm.writing import schema

LINES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3)
    | st.dictionaries(st.sampled_from(["choices", "delta", "content", "error", "usage", "code", "data", "id", "meta", "message",
                                       "prompt_tokens", "finish_reason", "timings", "prompt_ms", "n_ctx", "type"]), inside),
    max_leaves=12,
)  # fmt: skip


def read(data: bytes, *cuts: int) -> list[str]:
    reader, found, last = EventReader(), [], 0
    for cut in (*sorted(cuts), len(data)):
        found += reader.feed(data[last:cut])
        last = cut
    return found + reader.end()


@given(st.lists(LINES, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 200), max_size=8))
def test_events_are_the_same_wherever_the_network_cuts_them(said: list[str], end: str, cuts: list[int]) -> None:
    data = "".join(f": {each}{end}data: {each}{end}id: 1{end}{end}" for each in said).encode()
    whole = [min(cut, len(data)) for cut in cuts]
    assert read(data, *whole) == said
    assert read(b"\xef\xbb\xbf" + data, 1, 2) == said


def test_a_line_s_end_in_two_pieces_is_one() -> None:
    data = b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n"
    assert [read(data, cut) for cut in range(len(data) + 1)] == [["a\nb", "c"]] * (len(data) + 1)


def test_lines_of_one_event_belong_together_and_an_open_one_is_given_at_the_end() -> None:
    assert read(b"data: a\ndata:b\ndata\n\n\n\nevent: x\n\ndata: c") == ["a\nb\n", "c"]
    assert read(b"data: \xd0") == ["\ufffd"]
    assert read(b"") == read(b"\n\n\n") == read(b":\n\n") == []


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_no_bytes_hurt(data: bytes, cuts: list[int]) -> None:
    assert read(data, *(min(cut, len(data)) for cut in cuts)) == read(data)


def test_a_long_event_in_small_pieces_takes_time_in_its_length_and_an_endless_one_is_refused() -> None:
    reader, started = EventReader(), time.process_time()
    reader.feed(b"data: ")
    for _ in range(50_000):
        reader.feed(b"0123456789")
    assert time.process_time() - started < 2
    with pytest.raises(ValueError, match="without an end"):
        for _ in range(60_000):
            reader.feed(b"0123456789")


@given(TREES, TREES)
def test_whatever_a_server_says_is_a_piece_a_failure_or_nothing(first: Any, second: Any) -> None:
    answer = Answer()
    for tree in (first, second):
        try:
            found = answer.take(json.dumps(tree))
        except (CallFailed, ValueError):
            continue
        assert all(isinstance(each, Piece) and isinstance(each.text, str) for each in found)
    assert len(answer.over()) <= 1
    assert answer.over() == []


@given(st.integers(300, 599), st.binary(max_size=60) | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_every_refusal_has_one_of_few_names(status: int, body: bytes) -> None:
    assert kind_of(status, body) in {"rejected", "forbidden", "no_model", "limited", "busy", "server_error"}


@given(TREES, st.text(max_size=9))
def test_no_list_of_models_hurts(tree: Any, wanted: str) -> None:
    try:
        known = models_of(tree)
    except ValueError:
        return
    assert len(nearest(tuple(known), wanted)) <= 9


def test_an_end_comes_once_and_nothing_behind_it() -> None:
    answer = Answer()
    chunk = {"choices": [{"delta": {"content": "Да"}, "finish_reason": "length"}]}
    counted = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 1}, "timings": {"prompt_ms": 500.0}}
    assert answer.take(json.dumps(chunk)) == [Piece("Да")]
    assert answer.finished == "length"
    assert answer.take(json.dumps(counted)) == [Piece("", Usage(7, 0.5, 1, "length"))]
    assert answer.take("[DONE]") == answer.take(json.dumps(chunk)) == answer.over() == []


def test_strict_mode_is_asked_for_where_it_takes_the_form() -> None:
    assert strict(schema(()))
    assert not strict(schema(("goal",)))
    form = closed(schema(("goal",)))
    assert form["additionalProperties"] is False
    assert form["properties"]["slots"]["additionalProperties"] is False
    assert list(form["properties"]) == ["answer", "slots", "human"]
    sent = body_of(
        "m", [], None, {"num_predict": 5, "temperature": 1, "min_p": 0}, {"max_tokens": None, "stream": False}
    )
    assert sent == {
        "temperature": 1,
        "model": "m",
        "messages": [],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("http://h", "http://h/v1"),
        ("http://h:1/", "http://h:1/v1"),
        ("https://h/v1", "https://h/v1"),
        ("https://h/v1/", "https://h/v1"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai"),
    ],
)
def test_an_address_without_a_path_gets_the_usual_one(host: str, root: str) -> None:
    assert root_of(host) == root


@given(st.text(max_size=40))
def test_no_pause_hurts(after: str) -> None:
    assert 0 <= seconds_of(after, datetime(2026, 1, 1, tzinfo=UTC)) < 1e12


@pytest.mark.parametrize(
    ("after", "seconds"),
    [(None, 0), ("", 0), ("5", 5), ("0.5", 0.5), (" 7 ", 7), ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
     ("Thu, 01 Jan 2026 00:01:00 -0000", 60), ("Wed, 31 Dec 2025 00:00:00 GMT", 0), ("Thu, 01 Jan 2026 01:00:00 +0100", 0)],
)  # fmt: skip
def test_a_pause_is_seconds_or_a_date(after: str | None, seconds: float) -> None:
    assert seconds_of(after, datetime(2026, 1, 1, tzinfo=UTC)) == seconds
