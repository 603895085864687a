"""The head of a request has `api.head_s`, however long a body may take."""

import time
from pathlib import Path

import pytest

from loadtests.service import Server
from tests.api.test_connections import BODY, HEAD, connected, one_answer, refusal


@pytest.mark.parametrize("before", [b"", HEAD + b"\r\n" + BODY], ids=["first", "behind an answer"])
def test_the_head_is_not_given_the_time_of_the_body(tmp_path: Path, before: bytes) -> None:
    times = {"MACHINE_API__HEAD_S": "1", "MACHINE_API__BODY_S": "20"}
    with Server(tmp_path / "data", environment=times) as running:
        caller = connected(running, before)
        if before:
            one_answer(caller)
        started = time.monotonic()
        caller.sendall(HEAD[:-20])
        status, said = refusal(caller)
    assert (status, "head" in said) == (408, True)
    assert time.monotonic() - started < 10
