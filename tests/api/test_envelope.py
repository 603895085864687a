"""The errors as a caller, a metric and a log line see them, and the checks that come before anything is parsed."""

import asyncio
import json

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from app import errors
from app.api.app import _http_error
from app.api.middleware import error_response
from app.errors import MachineError, Overloaded, StoreUnavailable
from tests.api.face import Face, raising

# Status, code and Retry-After where the error says none itself: the page of the API, line by line.
TREE: dict[str, tuple[int, str, str | None]] = {
    "MachineError": (500, "INTERNAL", None),
    "BadRequest": (400, "BAD_REQUEST", None),
    "NotFound": (404, "BAD_REQUEST", None),
    "MethodNotAllowed": (405, "BAD_REQUEST", None),
    "Conflict": (409, "BAD_REQUEST", None),
    "TooLarge": (413, "BAD_REQUEST", None),
    "UnsupportedMedia": (415, "BAD_REQUEST", None),
    "Unprocessable": (422, "BAD_REQUEST", None),
    "TooCostly": (422, "BAD_REQUEST", None),
    "Unauthorized": (401, "UNAUTHORIZED", None),
    "Overloaded": (429, "RATE_LIMIT", "1"),
    "Unavailable": (503, "INTERNAL", "5"),
    "DeadlinePassed": (503, "INTERNAL", "5"),
    "ModelUnavailable": (503, "INTERNAL", "5"),
    "PromptTooLong": (503, "INTERNAL", "5"),
    "StoreUnavailable": (503, "INTERNAL", "5"),
    "RevisionConflict": (500, "INTERNAL", None),
}


def leaves(kind: type[MachineError] = MachineError) -> list[type[MachineError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in leaves(below))]


ERRORS = [kind for kind in leaves() if kind.__module__ == errors.__name__ and not issubclass(kind, errors.ConfigError)]


def test_the_table_has_every_error_that_can_reach_a_caller() -> None:
    assert {kind.__name__ for kind in ERRORS} == set(TREE)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
async def test_every_error_has_its_status_its_code_and_its_headers(kind: type[MachineError]) -> None:
    status, code, retry = TREE[kind.__name__]
    face = Face(raising(kind("what was wrong and what to do")))
    with capture_logs() as logged:
        answer = await face.ask()
    assert answer.status_code == status
    assert answer.json() == {"error": {"code": code, "message": "what was wrong and what to do"}}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers.get("retry-after") == retry
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
    assert f'machine_refusals_total{{error="{kind.__name__}",reason=""}} 1.0' in face.figures
    assert f'machine_requests_total{{route="other",status="{status}"}} 1.0' in face.figures
    assert [(each["event"], each["status"], each["error"]) for each in logged] == [("request", status, kind.__name__)]


@pytest.mark.parametrize("seconds", [0, 1, 60])
async def test_an_error_may_say_itself_when_to_come_back_and_why_it_is(seconds: int) -> None:
    for kind in (Overloaded, StoreUnavailable):
        face = Face(raising(kind("come back", retry_after=seconds, reason="locked")))
        assert (await face.ask()).headers["retry-after"] == str(seconds)
        assert f'machine_refusals_total{{error="{kind.__name__}",reason="locked"}} 1.0' in face.figures


async def test_what_nobody_foresaw_is_a_500_without_a_word_of_it_and_is_written_down() -> None:
    face = Face(raising(KeyError("77010000001")))
    with capture_logs() as logged:
        answer = await face.ask()
    assert answer.status_code == 500
    assert answer.json() == {"error": {"code": "INTERNAL", "message": "the service failed; use the fallback"}}
    assert 'machine_refusals_total{error="KeyError",reason=""} 1.0' in face.figures
    failed, request = logged
    assert (failed["event"], failed["log_level"], type(failed["exc_info"])) == ("failed", "error", KeyError)
    assert (failed["method"], failed["route"]) == ("POST", "other")
    assert (request["event"], request["status"], request["error"]) == ("request", 500, "KeyError")


async def test_an_error_with_a_cause_is_written_down_with_the_cause_and_one_without_is_not() -> None:
    error = StoreUnavailable("cannot be read")
    error.__cause__ = OSError(5, "of the disk")
    with capture_logs() as logged:
        assert (await Face(raising(error)).ask()).status_code == 503
    assert [each["event"] for each in logged] == ["failed", "request"]
    assert logged[0]["exc_info"] is error.__cause__
    with capture_logs() as logged:
        await Face(raising(StoreUnavailable("cannot be read"))).ask()
    assert [each["event"] for each in logged] == ["request"]


async def test_every_request_is_one_line_with_its_place_its_time_and_its_ids() -> None:
    async def answer(request: Request) -> Response:
        request.scope["route"] = type("Route", (), {"path": "/api/v1/process"})
        request.state.log_ids = {"request_id": "1a", "session": "2b", "user": "3c"}
        await asyncio.sleep(0.02)
        return Response(status_code=204)

    face = Face(answer)
    with capture_logs() as logged:
        await face.ask()
    (line,) = logged
    assert 15 < line.pop("ms") < 10_000
    assert line == {
        "event": "request", "log_level": "info", "method": "POST", "route": "/api/v1/process", "status": 204,
        "request_id": "1a", "session": "2b", "user": "3c",
    }  # fmt: skip
    assert 'machine_requests_total{route="/api/v1/process",status="204"} 1.0' in face.figures


async def test_the_frameworks_own_errors_have_the_contracts_form() -> None:
    request = Request({"type": "http", "method": "PATCH", "path": "/", "headers": []})
    for status, expected, code in ((404, 404, "BAD_REQUEST"), (405, 405, "BAD_REQUEST"), (400, 400, "BAD_REQUEST"),
                                   (418, 500, "INTERNAL"), (500, 500, "INTERNAL")):  # fmt: skip
        answer = await _http_error(request, HTTPException(status, "of the framework", {"Allow": "POST"}))
        assert (answer.status_code, json.loads(bytes(answer.body))["error"]["code"]) == (expected, code)
        assert b"of the framework" not in answer.body
        assert answer.headers.get("allow") == ("POST" if status == 405 else None)
    assert error_response(Overloaded("x")).headers["retry-after"] == "1"
