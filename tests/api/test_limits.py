"""Every limit of the contract from both sides: what is just allowed passes, one more is refused, and so is one less."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.api.body import read
from app.api.keys import KeyRing
from app.api.limits import Limits
from app.api.schemas import ContextBody, MessageBody, ObserveRequest, ProcessRequest
from app.errors import BadRequest, ConfigError
from app.settings import load

PLAIN = {"session_id": "B", "user_id": "U", "message": {"text": "да"}}
SEEN = {"session_id": "B", "user_id": "U", "text": "да", "source": "human"}


def with_(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `body` with one field changed; `path` as in context.timezone."""
    name, _, rest = path.partition(".")
    return body | {name: with_(body.get(name, {}), rest, value) if rest else value}


def accepted(kind: type[ProcessRequest | ObserveRequest], body: dict[str, Any]) -> bool:
    try:
        kind.model_validate(body)
    except ValidationError:
        return False
    return True


NAMES = [
    (kind, body, field)
    for kind, body in ((ProcessRequest, PLAIN), (ObserveRequest, SEEN))
    for field in ("session_id", "user_id", "request_id")
]


@pytest.mark.parametrize(("kind", "body", "field"), NAMES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize(("length", "passes"), [(0, False), (1, True), (199, True), (200, True), (201, False)])
def test_an_id_has_one_to_two_hundred_characters(
    kind: type[ProcessRequest | ObserveRequest], body: dict[str, Any], field: str, length: int, passes: bool
) -> None:
    for letter in ("x", "ш", "😀"):
        assert accepted(kind, with_(body, field, letter * length)) is passes


@pytest.mark.parametrize(("kind", "body", "field"), NAMES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("value", [" ", "\n\t", "\u00a0", 5, True, ["a"], 1.5])
def test_an_id_is_a_text_that_is_not_blank(
    kind: type[ProcessRequest | ObserveRequest], body: dict[str, Any], field: str, value: Any
) -> None:
    assert not accepted(kind, with_(body, field, value))


@pytest.mark.parametrize(("length", "passes"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_channel_has_one_to_sixty_four_characters(length: int, passes: bool) -> None:
    assert accepted(ProcessRequest, with_(PLAIN, "channel", "x" * length)) is passes


@pytest.mark.parametrize(("length", "passes"), [(1, True), (64, True), (65, False)])
def test_the_name_of_a_flow_has_sixty_four_characters_at_most(length: int, passes: bool) -> None:
    assert accepted(ProcessRequest, with_(PLAIN, "flow_name", "x" * length)) is passes


@pytest.mark.parametrize(
    ("zone", "passes"),
    [("Asia/Almaty", True), ("UTC", True), ("Asia", False), ("", False), ("x" * 65, False), ("x" * 300, False),
     ("/etc/localtime", False), ("\x00", False), (None, True)],
)  # fmt: skip
def test_a_time_zone_is_a_name_of_the_list(zone: str | None, passes: bool) -> None:
    assert accepted(ProcessRequest, with_(PLAIN, "context.timezone", zone)) is passes


def test_a_time_zone_that_is_too_long_is_refused_by_its_length_and_not_looked_for() -> None:
    with pytest.raises(ValidationError) as refused:
        ContextBody(timezone="x" * 65)
    assert [error["type"] for error in refused.value.errors()] == ["string_too_long"]


@pytest.mark.parametrize(
    ("value", "passes"),
    [
        (-1, False),
        (0, True),
        (1_770_801_587_839, True),
        (10**14, True),
        (10**14 + 1, False),
        (True, False),
        ("5", False),
    ],
)
def test_a_time_is_of_milliseconds_that_can_be(value: Any, passes: bool) -> None:
    assert accepted(ProcessRequest, with_(PLAIN, "message.timestamp_ms", value)) is passes


@pytest.mark.parametrize("levels", range(1, 20))
def test_the_callers_own_data_is_sixteen_levels_deep_at_most(levels: int) -> None:
    for wrap in (lambda inner: [inner], lambda inner: {"a": inner}):
        tree: Any = 1
        for _ in range(levels - 1):
            tree = wrap(tree)
        assert accepted(ProcessRequest, with_(PLAIN, "context.meta", {"a": tree})) is (levels <= 16)


@pytest.mark.parametrize(("size", "passes"), [(16_383, True), (16_384, True), (16_385, False)])
@pytest.mark.parametrize("letter", ["x", "ш"])
def test_the_callers_own_data_has_sixteen_kilobytes_at_most(size: int, passes: bool, letter: str) -> None:
    room = size - len(json.dumps({"n": ""}))
    many, odd = divmod(room, len(letter.encode()))
    assert accepted(ProcessRequest, with_(PLAIN, "context.meta", {"n": letter * many + "x" * odd})) is passes


@pytest.mark.parametrize("source", ["fallback", "human"])
def test_what_was_seen_came_from_a_fallback_or_a_person(source: str) -> None:
    assert accepted(ObserveRequest, with_(SEEN, "source", source))
    for other in (source.upper(), f" {source}", "machine", "", None, 1):
        assert not accepted(ObserveRequest, with_(SEEN, "source", other))


@pytest.mark.parametrize(
    ("said", "media", "text"),
    [
        ("[image]: фото кассы", "image", "фото кассы"),
        ("[image]:фото", "image", "фото"),
        ("[image]:  фото  ", "image", "фото"),
        ("[audio transcript]: алло", "audio", "алло"),
        ("[image]", "text", "[image]"),
        (" [image]: фото", "text", " [image]: фото"),
        ("[audio]: алло", "text", "[audio]: алло"),
        ("см. [image]: фото", "text", "см. [image]: фото"),
        ("  просто текст ", "text", "  просто текст "),
    ],
)
def test_what_a_message_was_is_told_by_how_it_begins(said: str, media: str, text: str) -> None:
    assert MessageBody(text=said).media() == (media, text)


# The body


@pytest.mark.parametrize("sign", ["{", "[", ",", ":"])
def test_a_body_has_twenty_thousand_signs_of_structure_at_most(sign: str) -> None:
    """Each of the four counts, also in a text."""
    assert read(json.dumps(sign * 20_000).encode()) == sign * 20_000
    with pytest.raises(BadRequest, match="20000 brackets, commas and colons"):
        read(json.dumps(sign * 20_001).encode())
    each = "{[,:" * 5_000
    assert read(json.dumps(each).encode()) == each
    with pytest.raises(BadRequest, match="20000"):
        read(json.dumps(each + sign).encode())


@pytest.mark.parametrize("raw", ["}" * 30_000, "]" * 30_000, '"' + "x" * 30_000 + '"'])
def test_other_signs_are_not_counted(raw: str) -> None:
    try:
        read(raw.encode())
    except BadRequest as refused:
        assert "20000" not in str(refused)


@pytest.mark.parametrize("length", [1, 39, 40, 41, 1000])
def test_what_a_refusal_repeats_is_short(length: int) -> None:
    name = "n" * length
    with pytest.raises(BadRequest) as twice:
        read(f'{{"{name}": 1, "{name}": 2}}'.encode())
    with pytest.raises(BadRequest) as large:
        read(("9" * length + "e999").encode())
    for refused, said in ((twice, name), (large, "9" * length)):
        assert said[:39] in str(refused.value)
        assert said[:41] == said[:40] or said[:41] not in str(refused.value)


def test_depth_without_end_is_refused_and_not_a_fault() -> None:
    for raw in (b"[" * 19_000, b"[" * 9_000 + b"]" * 9_000, b'{"a":' * 9_000 + b"1" + b"}" * 9_000):
        with pytest.raises(BadRequest, match="not valid JSON"):
            read(raw)


# Keys


def key(length: int, sign: str = "k") -> str:
    return sign * length


@pytest.mark.parametrize(("length", "passes"), [(0, False), (31, False), (32, True), (33, True), (500, True)])
def test_a_key_has_thirty_two_characters_at_least(length: int, passes: bool) -> None:
    for keys in ([key(length)], [key(40, "a"), key(length)], [key(length), key(40, "a")]):
        if passes:
            assert KeyRing(keys).accepts(f"Bearer {key(length)}")
        else:
            with pytest.raises(ConfigError, match=f"only {length} character"):
                KeyRing(keys)


@pytest.mark.parametrize(("count", "passes"), [(0, False), (1, True), (2, True), (3, False)])
def test_one_or_two_keys_are_active(count: int, passes: bool) -> None:
    keys = [key(40, sign) for sign in "abc"[:count]]
    if passes:
        ring = KeyRing(keys)
        assert [ring.accepts(f"Bearer {key(40, sign)}") for sign in "abc"] == [True] * count + [False] * (3 - count)
    else:
        with pytest.raises(ConfigError, match="no API key" if not count else "3 API keys: at most 2"):
            KeyRing(keys)


@pytest.mark.parametrize("odd", ["ш", " ", "\t", "\x00", "\x7f", "\u00a0"])
def test_a_key_that_no_header_can_carry_is_refused(odd: str) -> None:
    for where in (key(20) + odd + key(20), key(40) + odd):
        with pytest.raises(ConfigError, match="HTTP headers"):
            KeyRing([where])


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        ("Bearer {}", True), ("bearer {}", True), ("BEARER {}", True), ("Bearer   {}", True), ("Bearer {} ", True),
        ("Token {}", False), ("Basic {}", False), ("{}", False), ("Bearer {}x", False), ("Bearer x{}", False),
        ("Bearer", False), ("", False), ("Bearer\t{}", False), ("Bearer {} {}", False),
    ],
)  # fmt: skip
def test_a_key_is_taken_as_a_bearers_and_in_no_other_way(header: str, passes: bool) -> None:
    assert KeyRing([key(40)]).accepts(header.replace("{}", key(40))) is passes
    assert not KeyRing([key(40)]).accepts(None)


# What the settings and the parts that they reach begin with


def test_the_service_begins_with_the_bounds_that_its_pages_name() -> None:
    settings = load(environ={})
    limits, api = Limits(), settings.api
    assert (limits.head_s, limits.body_s, limits.connections, limits.head_bytes) == (10, 15, 512, 65_536)
    assert (api.head_s, api.body_s, api.max_connections) == (limits.head_s, limits.body_s, limits.connections)
    assert (api.max_text_chars, api.max_body_bytes) == (8_000, 1 << 20)
