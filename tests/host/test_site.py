"""The whole appliance: one command from a bare server to a serving machine, which is still one after a power cut."""

import http.client
import time

from tests.host.callers import Caller
from tests.host.hosts import CACHE, Host
from tests.host.probes import knock

QUESTION = {
    "request_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "channel": "whatsapp",
    "session_id": "BOT_7000",
    "user_id": "77022951810",
    "message": {"text": "Здравствуйте! Сколько стоит?", "timestamp_ms": 1770801587839},
    "context": {"time_of_day": "day", "timezone": "Asia/Qyzylorda", "meta": {}},
}


def test_a_second_run_changes_nothing(provisioned: Host) -> None:
    play = provisioned.play()
    assert play.status == 0, play.output
    assert not play.changed, play.changed
    assert play.recap["changed"] == 0


def test_a_turn_from_outside_is_answered(provisioned: Host) -> None:
    caller = Caller(provisioned)
    first = caller.ask("POST", "/api/v1/process", QUESTION, key=caller.key)
    assert first.status == 200, first.text
    assert first.json["answer"].strip()
    again = caller.ask("POST", "/api/v1/process", QUESTION, key=caller.key)
    assert again.text == first.text  # the same request, the same answer


def test_the_operator_has_the_key_in_a_file_of_his_own(provisioned: Host) -> None:
    file = CACHE / "keys" / f"{provisioned.number}.key"
    assert file.read_text() == provisioned.sh("tail -1 /etc/sales-machine/api_keys") + "\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_strangers_reach_neither_the_service_nor_the_model(provisioned: Host) -> None:
    for address, source in (
        (provisioned.address, provisioned.stranger),
        (provisioned.address6, provisioned.stranger6),
    ):
        seen = {port: knock(address, port, source) for port in (22, 80, 443, 8000, 11434, 9090, 9100)}
        assert seen == dict.fromkeys((22, 80, 443), "open") | dict.fromkeys((8000, 11434, 9090, 9100), "silent")


def test_it_serves_again_after_a_power_cut_with_nobody_logging_in(provisioned: Host) -> None:
    caller = Caller(provisioned)
    provisioned.tool("reset", provisioned.name)
    end = time.monotonic() + 60
    status = 0
    while status != 200 and time.monotonic() < end:
        question = QUESTION | {"request_id": f"after-{time.monotonic_ns()}"}
        try:
            status = caller.ask("POST", "/api/v1/process", question, key=caller.key).status
        except (OSError, http.client.HTTPException):
            status = 0
        time.sleep(0.5)
    assert status == 200
    assert provisioned.read("systemctl", "--failed", "--plain", "--no-legend") == ""
    assert knock(provisioned.address, 8000, provisioned.stranger) == "silent"
