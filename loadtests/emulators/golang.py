"""What Go's encoder prints: a client that compares bytes must not see that the server is written in Python."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
FOREVER_S = (2**63 - 1) / 1e9
"""The longest Go duration, about 292 years: what a negative keep_alive means."""


def marshal(value: Any) -> bytes:
    """JSON as `json.Marshal` writes it: no spaces, UTF-8, and `< > &` escaped for HTML."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED).encode()


def rfc3339_nano(moment_ns: int) -> str:
    """UTC time of `moment_ns` (Unix time in ns), without the trailing zeros of its fraction."""
    seconds, fraction = divmod(moment_ns, 1_000_000_000)
    # fromtimestamp() refuses nothing up to the year 9999, but rounds; whole seconds added to an epoch are exact.
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    digits = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{whole:%Y-%m-%dT%H:%M:%S}{digits}Z"


def now() -> str:
    """The present moment as `created_at` shows it."""
    return rfc3339_nano(time.time_ns())


def duration_s(value: object) -> float:
    """Seconds of a `keep_alive`: a number of seconds or a Go duration ("5m", "1h30m"); FOREVER_S when negative.

    Raises ValueError with Go's own words.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"Unsupported type: '{_kind(value)}'")
    if not isinstance(value, str):
        return FOREVER_S if value < 0 else float(int(value))
    text = value.lstrip("+-")
    if text == "0":
        return 0.0
    if text and text.replace(".", "", 1).isdigit():
        raise ValueError(f'time: missing unit in duration "{value}"')
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'time: invalid duration "{value}"')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return FOREVER_S if value.startswith("-") else float(seconds)


def _kind(value: object) -> str:
    return {bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}.get(type(value), "%!s(<nil>)")
