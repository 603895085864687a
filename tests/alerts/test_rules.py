"""The rules as Prometheus' own tool tries them: each alert fires when it should, and not before its time."""

import subprocess
from pathlib import Path

import pytest

from tests.operations.rendering import ROOT, render

CASES = (ROOT / "tests/host/alert_rules_test.yml").read_text("utf-8")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    render(folder, only="monitor")
    (folder / "rules_test.yml").write_text(CASES, "utf-8")
    return folder


def promtool(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "rules.yml").write_text(text, "utf-8")
    command = ["promtool", "test", "rules", "rules_test.yml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_rules_fire_when_they_should_and_not_before(rules: Path) -> None:
    done = promtool(rules, (rules / "monitor.rules.yml").read_text("utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("found", "changed"), [("for: 1m", "for: 9h"), ("> 0", "> 9999"), ("vector(1)", "vector(1) > 1")]
)
def test_these_cases_are_able_to_fail(rules: Path, found: str, changed: str) -> None:
    text = (rules / "monitor.rules.yml").read_text("utf-8")
    assert found in text
    assert promtool(rules, text.replace(found, changed)).returncode != 0


def test_alertmanager_takes_the_configuration_with_every_receiver_and_with_none(rules: Path, tmp_path: Path) -> None:
    for folder, receivers in ((rules, 3), (tmp_path, 4)):
        if folder is tmp_path:
            given = {
                "monitor_mail_to": ["a@b.example"], "monitor_mail_from": "m@b.example", "monitor_slack_url": "https://x.example/y",
                "monitor_mail_server": "b.example:465", "monitor_telegram_chats": [-1, 2], "monitor_telegram_token": "1:t",
                "monitor_webhook_url": "https://x.example/z", "monitor_heartbeat_url": "https://x.example/h",
            }  # fmt: skip
            render(folder, given, only="monitor")
        text = (folder / "monitor.alertmanager.yml").read_text("utf-8")
        text = text.replace("/etc/sales-machine/monitoring/alerts.tmpl", str(ROOT / "roles/monitor/files/alerts.tmpl"))
        (folder / "alertmanager.yml").write_text(text, "utf-8")
        done = subprocess.run(
            ["amtool", "check-config", str(folder / "alertmanager.yml")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{receivers} receivers" in done.stdout
