"""`alert-test`: sends through every receiver and says which took it, and why one did not."""

import json
import os
import subprocess
from pathlib import Path

from tests.alerts.office import FILES, HOST, Office
from tests.alerts.receivers import TOKEN, Receivers

ASKED = ("telegram=1", "email", "slack", "webhook", "heartbeat")


def tried(office: Office, *receivers: str, limit_s: int = 20) -> dict[str, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "ALERT_TEST_HOST": HOST,
        "ALERT_TEST_LOG": f"cat {office.folder}/prometheus-alertmanager.log",
        "ALERT_TEST_LIMIT_S": str(limit_s),
    }
    urls = {
        "webhook": f"http://{office.variables['monitor_sign_address']}/",
        "heartbeat": f"{office.receivers.url}/heartbeat",
    }
    done = office.run([str(FILES / "alert_test.py"), office.manager, *receivers], environment, json.dumps(urls))
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_it_arrives_everywhere_and_is_signed(office: Office) -> None:
    assert tried(office, *ASKED) == {name.partition("=")[0]: "" for name in ASKED}
    for receiver in ("telegram", "email", "slack"):
        (message,) = office.receivers.of(receiver, "AlertTest")
        assert HOST in message.text and "A test: whoever reads this is told of trouble." in message.text
    (signed,) = office.receivers.of("webhook", "AlertTest")
    assert signed.headers["x-sales-machine-signature"].startswith("t=")


def test_each_that_did_not_take_it_is_named_with_the_reason_and_without_secrets(tmp_path: Path) -> None:
    with Receivers() as receivers, Office(tmp_path, receivers, monitor_telegram_chats=[1, 2]) as office:
        receivers.refusing = {"slack", "email", "webhook", "heartbeat"}
        found = tried(office, "telegram=2", *ASKED[1:], limit_s=10)
        assert "chat not found" in found["telegram"], "in Telegram's own words"
        assert "503" in found["slack"] and "450" in found["email"]
        assert found["webhook"].startswith("502 ") and found["heartbeat"].startswith("503 ")
        assert not [said for said in found.values() if TOKEN in said or "/slack" in said]


def test_amtool_silences_one_alert_alone(office: Office) -> None:
    def amtool(*words: str) -> str:
        command = ["amtool", f"--alertmanager.url=http://{office.manager}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    amtool("silence", "add", "--duration=1h", "--author=ops", "--comment=at work", "alertname=UnitFailed")
    heard = len(office.receivers.taken["telegram"])
    office.watch(units="a.service loaded failed failed x\n", report={"level": "error", "checks": [
        {"name": "database", "level": "error", "detail": "d", "fix": "f"}]})  # fmt: skip
    office.until(lambda: office.receivers.taken["telegram"][heard:], "the other is told")
    assert all("UnitFailed" not in each.text for each in office.receivers.taken["telegram"][heard:])
    amtool("silence", "expire", amtool("silence", "query", "--quiet", "alertname=UnitFailed").strip())
    office.until(lambda: office.receivers.of("telegram", "UnitFailed"), "it is told now")
    office.watch()
