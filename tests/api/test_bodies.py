"""What a body may be: one meaning whoever reads it, and never long to read."""

import json
import time
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.api.body import read
from app.api.schemas import ContextBody, ProcessRequest
from app.errors import BadRequest
from loadtests.service import message
from tests.api.test_contract import JSON, check_error

GOOD = json.dumps(message("сколько стоит сканер", user="bodies"), ensure_ascii=False)


def sent(client: httpx.Client, raw: bytes) -> httpx.Response:
    return client.post("/api/v1/process", content=raw, headers=JSON)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"session_id": "A", "session_id": "B", "user_id": "u", "message": {"text": "да"}}', "session_id"),
        ('{"session_id": "A", "user_id": "u", "message": {"text": "да", "text": "нет"}}', "text"),
        ('{"session_id": "A", "user_id": "u", "message": {"text": "да", "te\\u0078t": "нет"}}', "text"),
        ('{"session_id": "A", "user_id": "u", "message": {"text": "да"}, "other": [{"x": 1, "x": 1}]}', "x"),
        ('{"session_id": "A", "user_id": "u", "message": {"text": "да"}, "context": {"meta": {"": 1, "": 2}}}', "''"),
    ],
)
def test_a_name_that_is_there_twice_is_refused_wherever_it_stands(client: httpx.Client, raw: str, said: str) -> None:
    assert "twice" in check_error(sent(client, raw.encode()), 400, said)
    observed = client.post("/api/v1/observe", content=b'{"text": "a", "text": "b"}', headers=JSON)
    check_error(observed, 400, "twice", "text")


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400, "-" + "9" * 320]
)
def test_what_is_no_number_is_refused_wherever_it_stands(client: httpx.Client, number: str) -> None:
    for place in (f'"context": {{"meta": {{"a": [{number}]}}}}', f'"other": {number}', f'"flow_name": {number}'):
        raw = f'{{"session_id": "A", "user_id": "u", "message": {{"text": "да"}}, {place}}}'
        check_error(sent(client, raw.encode()), 400, number.removeprefix("-")[:39])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp1251"])
def test_another_encoding_than_utf_8_is_refused(client: httpx.Client, encoding: str) -> None:
    raw = GOOD.encode(encoding)
    check_error(sent(client, raw), 400, "UTF-8")
    headers = {"Content-Type": f"application/json; charset={encoding}"}
    check_error(client.post("/api/v1/process", content=raw, headers=headers), 400, "UTF-8")


def test_a_byte_order_mark_changes_nothing(client: httpx.Client) -> None:
    assert sent(client, GOOD.encode("utf-8-sig")).status_code == 200


def test_how_a_body_is_written_is_told_before_what_is_wrong_in_it(client: httpx.Client) -> None:
    check_error(sent(client, b'{"session_id": 5, "session_id": 6}'), 400, "twice")


@pytest.mark.parametrize("character", ["😀", "я", "{", ",", '"', "\x01"])
def test_the_longest_message_passes_however_it_is_escaped(client: httpx.Client, character: str) -> None:
    body = message("Сколько стоит сканер? " + character * 7978, user=f"longest-{ord(character)}")
    for ascii_only in (True, False):
        raw = json.dumps(body, ensure_ascii=ascii_only).encode()
        assert sent(client, raw).status_code == 200
    assert len(json.dumps(message("😀" * 8000)).encode()) > 64 << 10


def test_meta_has_a_size_that_is_named(client: httpx.Client) -> None:
    def answer(meta: dict[str, Any]) -> httpx.Response:
        return client.post("/api/v1/process", json=message("привет", user="meta", context={"meta": meta}))

    assert answer({"a": "x" * (16384 - 9)}).status_code == 200
    check_error(answer({"a": "x" * (16384 - 8)}), 422, "context.meta", "16384")
    check_error(answer({str(number): number for number in range(3000)}), 422, "context.meta", "16384")
    deep: Any = 1
    for _ in range(15):
        deep = [deep]
    assert answer({"a": deep}).status_code == 200
    check_error(answer({"a": [deep]}), 422, "context.meta", "16 levels")


@pytest.mark.parametrize("letter", ["x", "ш", "漢"])
def test_the_size_of_meta_is_counted_in_bytes_whatever_its_script(letter: str) -> None:
    around = len(json.dumps({"note": ""}))
    most = (16_384 - around) // len(letter.encode())
    assert ContextBody(meta={"note": letter * most}).meta
    with pytest.raises(ValidationError, match="at most 16384"):
        ContextBody(meta={"note": letter * (most + 1)})


def test_a_body_of_countless_parts_is_refused_by_their_number(client: httpx.Client) -> None:
    check_error(sent(client, b"[" + b"0," * 300_000 + b"0]"), 400, "20000")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (
            b'{"%s": 1, "%s": 2}' % (b"n" * 50, b"n" * 50),
            f"'{'n' * 40}' is there twice in one object; send each name once",
        ),
        (b"9" * 400, f"the number {'9' * 40} is too large; send a smaller one"),
        (b"1e999", "the number 1e999 is too large; send a smaller one"),
        (b"[NaN]", "NaN is no JSON; send a number or null"),
        (b"-Infinity", "-Infinity is no JSON; send a number or null"),
        (b"\xff", "the body is not UTF-8; send JSON in UTF-8"),
        (b"{", "the body is not valid JSON; send one object, in UTF-8"),
    ],
    ids=["twice", "long", "beyond a double", "NaN", "infinite", "another encoding", "broken"],
)
def test_what_is_wrong_is_named_in_forty_signs_with_what_to_send(raw: bytes, told: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(raw)
    assert str(refused.value) == told


@pytest.mark.parametrize("parts", [20_000, 20_001])
def test_twenty_thousand_brackets_commas_and_colons_are_read_and_no_more(parts: int) -> None:
    raw = b"[%s1]" % (b"1," * (parts - 1))
    assert sum(map(raw.count, (b"{", b"[", b",", b":"))) == parts
    if parts == 20_000:
        assert len(read(raw)) == 20_000
    else:
        with pytest.raises(
            BadRequest, match="more than 20000 brackets, commas and colons; send only the newest message"
        ):
            read(raw)


_names = st.text(max_size=3)
_trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4),
)


@given(_trees, st.booleans())
def test_what_json_can_say_is_read_as_it_was_said(tree: Any, ascii_only: bool) -> None:
    try:
        raw = json.dumps(tree, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # half of a surrogate pair cannot be sent in UTF-8
        return
    assert read(raw) == tree


HEAVY = {
    "names": b'{"context":{"meta":{%s}}}' % b",".join(b'"k%d":%d' % (n, n) for n in range(9_980)),
    "names, one twice": b"{%s}" % b",".join(b'"k%d":1' % (n % 9_980) for n in range(9_990)),
    "80,000 names": b'{"context":{"meta":{%s}}}' % b",".join(b'"k%d":1' % n for n in range(80_000)),
    "objects": b"[%s]" % b",".join([b'{"a":1}'] * 6_600),
    "fractions": b"[%s]" % b",".join([b"1.5e3"] * 19_990),
    "long numbers": b"[%s]" % b",".join([b"9" * 4_000] * 255),
    "a longer number": b"1" * (1 << 20),
    "depth": b'{"context":{"meta":{"a":%s%s}}}' % (b"[" * 900, b"]" * 900),
    "escapes": b'{"message":{"text":"%s"}}' % (b"\\u044f" * 170_000),
    "a long text in meta": b'{"context":{"meta":{"a":"%s"}}}' % (b"x" * 1_000_000),
    "wide and deep": b'{"context":{"meta":{"a":[%s]}}}' % b",".join([b"[[[[[[[[]]]]]]]]"] * 2_000),
}


@pytest.mark.parametrize("raw", HEAVY.values(), ids=HEAVY.keys())
def test_no_body_holds_the_service_up_for_a_twentieth_of_a_second(raw: bytes) -> None:
    assert len(raw) <= 1 << 20
    taken = []
    for _ in range(3):
        started = time.process_time()
        with suppress(BadRequest, ValidationError):
            ProcessRequest.model_validate(read(raw))
        taken.append(time.process_time() - started)
    assert min(taken) < 0.05
