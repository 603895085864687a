"""docs/n8n/sales-machine.json keeps its promises by its structure. The real n8n runs it in tests/n8n (`make test-n8n`)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.settings import load
from loadtests.service import ROOT

FILE = ROOT / "docs" / "n8n" / "sales-machine.json"
TEXT = FILE.read_text("utf-8")
FLOW: dict[str, Any] = json.loads(TEXT)
NODES: dict[str, dict[str, Any]] = {node["name"]: node for node in FLOW["nodes"]}
TIDY = [node for node in FLOW["nodes"] if not node["type"].endswith("stickyNote")]


def targets(name: str, output: int = 0) -> list[str]:
    outputs = FLOW["connections"].get(name, {"main": []})["main"]
    return [link["node"] for link in outputs[output]] if output < len(outputs) else []


def reachable(name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [node for output in range(2) for node in targets(here, output)]
    return found


def parameter(name: str, *path: str) -> Any:
    value: Any = NODES[name]["parameters"]
    for key in path:
        value = value[key]
    return value


def field(node: str, name: str) -> str:
    rows = parameter(node, "assignments", "assignments")
    return next(str(row["value"]) for row in rows if row["name"] == name)


def condition(name: str) -> str:
    return str(parameter(name, "conditions", "conditions")[0]["leftValue"])


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def test_names_and_links_are_sound() -> None:
    assert len(NODES) == len(FLOW["nodes"]) == len({node["id"] for node in FLOW["nodes"]})
    ends = {link["node"] for outputs in FLOW["connections"].values() for output in outputs["main"] for link in output}
    assert set(FLOW["connections"]) | ends <= set(NODES)
    for text in strings(FLOW):
        for name in re.findall(r"\$\('([^']+)'\)", text):
            assert name in NODES, f"an expression names the node {name!r}, which is not there"


def test_every_node_is_reached_from_a_trigger() -> None:
    entries = [node["name"] for node in TIDY if node["type"].endswith((".webhook", "Trigger"))]
    assert set().union(*map(reachable, entries)) == {node["name"] for node in TIDY}


def test_an_expression_never_closes_itself_too_early() -> None:
    for text in strings([node["parameters"] for node in TIDY]):
        assert text.count("{{") == text.count("}}"), text


def test_each_message_has_a_run_of_its_own() -> None:
    assert parameter("A run per message", "workflowId", "value") == "={{ $workflow.id }}"
    assert parameter("A run per message", "mode") == "each"
    assert parameter("A run per message", "options", "waitForSubWorkflow") is False


def test_the_call_outlasts_the_machines_deadline() -> None:
    deadline_s = load(environ={}).turn.timeout_s
    assert parameter("Ask the machine", "options", "timeout") >= (deadline_s + 5) * 1000


def test_the_call_reports_every_status_instead_of_failing() -> None:
    response = parameter("Ask the machine", "options", "response", "response")
    assert response == {"fullResponse": True, "neverError": True, "responseFormat": "json"}
    assert NODES["Ask the machine"]["onError"] == "continueRegularOutput"
    assert not NODES["Ask the machine"].get("retryOnFail"), "a blind retry repeats a 401 and a timeout too"


def test_anything_but_an_answer_comes_to_the_fallback() -> None:
    usable = condition("Answer usable?")
    for part in ("statusCode >= 200", "statusCode < 300", "!$json.body.error", "typeof $json.body.answer === 'string'"):
        assert part in usable
    assert targets("Ask the machine") == ["Answer usable?"]
    assert targets("Answer usable?", 0) == ["Answer"]
    assert targets("Answer usable?", 1) == ["Worth a retry?"]
    assert targets("Worth a retry?", 1) == ["Fallback"]
    assert {"Slice", "Send by WAHA", "Send by Graph", "Tell the machine"} <= reachable("Fallback")
    assert "Fallback" not in reachable("Slice")


def test_retries_are_few_and_never_follow_a_timeout() -> None:
    rule = condition("Worth a retry?")
    assert re.search(r"\$runIndex >= [12]\b", rule)
    assert "retry-after" in rule and "timeout" in rule
    assert targets("Pause") == ["Ask the machine"]


def test_a_retry_carries_the_same_request_id() -> None:
    assert "$('Build request').first().json.request" in parameter("Ask the machine", "jsonBody")
    assert "Build request" not in reachable("Ask the machine")
    request = field("Build request", "request")
    assert "hash('sha256')" in request
    for unstable in ("$execution", "random", "uuid"):
        assert unstable not in request
    assert re.search(r"request_id: entries\.map\(entry => entry\.id\)", request)


def test_the_machine_is_told_what_the_fallback_said_after_it_was_sent() -> None:
    assert targets("In order", 0) == ["Fallback spoke?"] and targets("Fallback spoke?") == ["Tell the machine"]
    assert parameter("Tell the machine", "url").endswith("/api/v1/observe")
    assert "source: 'fallback'" in parameter("Tell the machine", "jsonBody")
    assert NODES["Tell the machine"]["retryOnFail"] is True


def test_the_buffer_is_redis_per_conversation_for_five_seconds() -> None:
    assert (parameter("Wait 5 s", "amount"), parameter("Wait 5 s", "unit")) == (5, "seconds")
    for name in ("buffer", "latest"):
        assert all(part in field("Text", name) for part in (".channel", ".session_id", ".user_id"))
    # Taken out one by one: to read the list and then delete it would lose a message that came in between.
    operations = {node["parameters"].get("operation") for node in TIDY if node["type"].endswith(".redis")}
    assert operations == {"incr", "push", "set", "get", "pop"}
    assert parameter("Into the buffer", "tail") is True


def test_a_redis_that_gives_errors_does_not_silence_the_machine() -> None:
    # A node that throws passes its own input on: only the counter's output tells the two apart.
    assert NODES["Count arrivals"]["onError"] == "continueRegularOutput"
    assert "startsWith('sales:seen:')" in condition("Redis counted?")
    assert targets("Redis counted?", 1) == ["Alone"] and targets("Alone") == ["Build request"]


def test_a_person_is_told_of_a_handover_apart_from_what_the_customer_gets() -> None:
    assert (
        targets("Answer") == ["Handover?", "Slice"]
        and NODES["Handover?"]["position"][1] < NODES["Slice"]["position"][1]
    )
    assert targets("Handover?") == ["Ways"] and "=== 'handover'" in condition("Handover?")
    for name in ("Ways", "A run per way"):
        assert NODES[name]["onError"] == "continueRegularOutput", "the customer's answer does not depend on it"
    assert parameter("A run per way", "options", "waitForSubWorkflow") is False
    for name in ("Tell by Telegram", "Tell by mail"):
        assert (NODES[name]["retryOnFail"], NODES[name]["maxTries"]) == (True, 5)
        assert "onError" not in NODES[name], "a way that fails is red"
    assert targets("By mail?", 1) == ["Nobody is told"]


def test_media_become_the_contracts_text() -> None:
    assert "[audio transcript]: " in field("Text", "entry") and "[image]: " in field("Text", "entry")
    assert NODES["Describe media"]["onError"] == "continueRegularOutput"


def test_slices_are_of_at_most_200_characters_and_go_out_in_order() -> None:
    assert max(map(int, re.findall(r"\{1,(\d{3,})\}", field("Slice", "slices")))) == 200
    assert NODES["In order"]["type"].endswith("splitInBatches") and NODES["In order"]["parameters"] == {"options": {}}
    assert targets("Send by WAHA") == targets("Send by Graph") == ["In order"]


@pytest.mark.parametrize(
    "name",
    [node["name"] for node in TIDY if node["type"].endswith((".httpRequest", ".redis", ".telegram", ".emailSend"))],
)
def test_secrets_stand_in_credentials_only(name: str) -> None:
    node = NODES[name]
    [reference] = node["credentials"].values()
    assert set(reference) == {"id", "name"}
    if node["type"].endswith("httpRequest"):
        assert node["parameters"]["authentication"] == "genericCredentialType"
        assert node["parameters"]["genericAuthType"] in node["credentials"]


def test_no_secret_is_in_the_file() -> None:
    assert NODES["Ask the machine"]["parameters"]["genericAuthType"] == "httpBearerAuth"
    assert not re.search(r"bearer\s+\S{8}|eyJ[\w-]{20}|EAA\w{20}", TEXT, re.IGNORECASE)
    assert parameter("Signature", "secret") == "={{ $env.META_APP_SECRET }}"
    assert FLOW["pinData"] == {} and FLOW["active"] is False


def test_whoever_calls_must_prove_who_he_is() -> None:
    assert parameter("WAHA webhook", "authentication") == "headerAuth"
    assert targets("Meta webhook") == ["Signature"] and targets("Signature") == ["Signed by Meta?"]
    assert "!!$env.META_APP_SECRET" in condition("Signed by Meta?"), "an empty secret would let everyone in"
    assert targets("Signed by Meta?", 1) == []
    assert "!!$env.META_VERIFY_TOKEN" in condition("Token matches?")


def test_the_pages_list_every_credential_and_setting() -> None:
    named = {(c["id"], c["name"]) for node in TIDY for c in node.get("credentials", {}).values()}
    settings = [row["name"] for row in parameter("Settings", "assignments", "assignments")]
    for folder in (ROOT / "docs" / "n8n", ROOT / "docs" / "ru" / "n8n"):
        page = (folder / "README.md").read_text("utf-8")
        assert all(f'"id": "{number}", "name": "{name}"' in page for number, name in named)
        assert all(f"`{name}`" in page for name in settings)
