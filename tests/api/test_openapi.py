"""schemathesis against the service's own OpenAPI: no crash, every reply documented and in the envelope.

It takes a second to import, and every worker of a run reads this file: the one that runs these tests imports it.
"""

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from loadtests.service import KEY, Server
from tests.api.test_contract import CODES
from tests.thrift import most

if TYPE_CHECKING:
    import schemathesis

pytestmark = pytest.mark.filterwarnings("default")  # warnings of the tool itself are not ours
OPERATIONS = [
    ("/api/v1/process", "POST"),
    ("/api/v1/observe", "POST"),
    ("/health", "GET"),
    ("/ready", "GET"),
    ("/version", "GET"),
    ("/metrics", "GET"),
]


@pytest.fixture(scope="module")
def schema(server: Server) -> Any:
    import schemathesis

    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


def check_reply(case: "schemathesis.Case") -> None:
    response = case.call(headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
    assert response.status_code < 500, response.text
    documented = case.operation.definition.raw["responses"]
    assert str(response.status_code) in documented, response.text
    if response.status_code >= 300:
        body = response.json()
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message"}
        assert body["error"]["code"] == CODES[response.status_code]
        assert body["error"]["message"]
    elif case.path == "/api/v1/process":
        body = response.json()
        assert body["answer"].strip()
        assert {"model", "processing_ms", "kb_used"} <= set(body["meta"])


EXPLORED = [(*operation, "positive") for operation in OPERATIONS] + [
    (*operation, "negative") for operation in OPERATIONS if operation[1] == "POST"
]  # nothing can be wrong with a request that has no parameters


@pytest.mark.parametrize(("path", "method", "mode"), EXPLORED)
def test_whatever_is_sent_the_reply_is_in_the_contract(schema: Any, path: str, method: str, mode: str) -> None:
    from schemathesis import GenerationMode

    strategy = schema[path][method].as_strategy(generation_mode=GenerationMode(mode))

    @settings(max_examples=most(150), deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=strategy)
    def explore(case: "schemathesis.Case") -> None:
        check_reply(case)

    explore()


def test_every_operation_is_explored(schema: Any) -> None:
    known = [(result.ok().path, result.ok().method.upper()) for result in schema.get_all_operations()]
    assert sorted(known) == sorted(OPERATIONS)
