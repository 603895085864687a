"""Figures, alerts and the doctor on a real server."""

import json
import time
from typing import Any

import pytest

from tests.host.callers import Caller, webhook
from tests.host.hosts import ROOT, Host

FRONT = "tests/host/playbooks/front.yml"
RULES = ROOT / "tests/host/alert_rules_test.yml"
STATE = "/var/lib/sales-machine-doctor/state.json"


@pytest.fixture(scope="module")
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


def look(host: Host, check: bool = True) -> None:
    host.sh("systemctl start sales-machine-doctor.service", check=check)


def test_everything_listens_on_loopback_alone(caller: Caller) -> None:
    listening = caller.host.sh("ss -Hltn | awk '{print $4}'").split()
    assert {"127.0.0.1:9100", "127.0.0.1:9090"} <= set(listening)
    assert not [
        each for each in listening if each.rsplit(":", 1)[1] in ("9090", "9100") and not each.startswith("127.")
    ]


def test_prometheus_reads_both_and_knows_every_rule(caller: Caller) -> None:
    ask = "curl -s http://127.0.0.1:9090/api/v1"
    for _ in range(80):
        targets = json.loads(caller.host.sh(f"{ask}/targets"))["data"]["activeTargets"]
        if {target["health"] for target in targets} == {"up"}:
            break
        time.sleep(0.5)
    assert {target["labels"]["job"]: target["health"] for target in targets} == {"node": "up", "sales-machine": "up"}
    groups = json.loads(caller.host.sh(f"{ask}/rules"))["data"]["groups"]
    assert len(groups[0]["rules"]) >= 15
    assert {rule["health"] for rule in groups[0]["rules"]} <= {"ok", "unknown"}


def test_the_rules_fire_when_they_should_and_not_before(caller: Caller) -> None:
    host = caller.host
    host.exec("sh", "-c", f"cat > /run/rules_test.yml <<'END'\n{RULES.read_text('utf-8')}\nEND")
    host.sh("cp /etc/sales-machine/monitoring/rules.yml /run/rules.yml")
    done = host.exec("promtool", "test", "rules", "/run/rules_test.yml", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    host.sh("sed -i 's/for: 1m/for: 9h/' /run/rules.yml")  # the test of the rules is able to fail
    assert host.exec("promtool", "test", "rules", "/run/rules_test.yml", check=False).returncode != 0


def test_the_doctors_findings_and_the_backups_age_are_figures(caller: Caller) -> None:
    host = caller.host
    look(host)
    figures = host.sh("curl -s http://127.0.0.1:9100/metrics")
    assert 'sales_machine_doctor_check_level{check="database"} 0' in figures
    line = next(line for line in figures.splitlines() if line.startswith("sales_machine_backup_timestamp_seconds "))
    assert 0 <= time.time() - float(line.split()[1]) < 7200


def test_a_change_of_level_is_told_once_and_its_end_too(caller: Caller) -> None:
    host = caller.host
    look(host)
    before = json.loads(host.sh(f"cat {STATE}"))["level"]
    assert before in ("ok", "warning")
    with webhook(host) as (url, told):
        assert host.play(FRONT, front_roles=["monitor"], monitor_webhook_url=url).status == 0
        host.sh("chmod 777 /var/lib/sales-machine && chmod 666 /var/lib/sales-machine/conversations.db")
        try:
            look(host)
            look(host)
        finally:
            host.sh("chmod 700 /var/lib/sales-machine && chmod 600 /var/lib/sales-machine/conversations.db")
        assert [(each["before"], each["level"]) for each in told] == [(before, "error")]
        assert told[0]["host"] == host.read("hostname")
        assert any(check["level"] == "error" and check["fix"] for check in told[0]["checks"])
        look(host)
        assert [(each["before"], each["level"]) for each in told[1:]] == [("error", before)]
    assert host.play(FRONT, front_roles=["monitor"]).status == 0


def test_what_the_webhook_did_not_take_is_told_again(caller: Caller) -> None:
    host = caller.host
    with webhook(host, status=500) as (url, told):
        assert host.play(FRONT, front_roles=["monitor"], monitor_webhook_url=url).status == 0
        host.sh(f'echo \'{{"level": "error"}}\' > {STATE}')
        look(host, check=False)
        look(host, check=False)
        assert len(told) == 2
        assert json.loads(host.sh(f"cat {STATE}"))["level"] == "error"
        assert url not in host.sh("journalctl -u sales-machine-doctor --no-pager")
    assert host.play(FRONT, front_roles=["monitor"]).status == 0
    look(host)
    assert json.loads(host.sh(f"cat {STATE}"))["level"] != "error"


def test_the_webhooks_address_is_for_root_alone_and_in_no_unit(caller: Caller) -> None:
    host = caller.host
    assert host.sh("stat -c '%a %U' /etc/sales-machine/webhook_url") == "600 root"
    assert "http" not in host.sh("systemctl show sales-machine-alert@x.service -p Environment")


def test_without_prometheus_the_figures_stay(caller: Caller) -> None:
    host = caller.host
    try:
        assert host.play(FRONT, front_roles=["monitor"], monitor_prometheus=False).status == 0
        assert host.sh("systemctl is-active prometheus", check=False) == "inactive"
        assert "node_memory_MemTotal_bytes" in host.sh("curl -s http://127.0.0.1:9100/metrics")
    finally:
        assert host.play(FRONT, front_roles=["monitor"]).status == 0
    assert host.play(FRONT, front_roles=["monitor"]).recap["changed"] == 0


@pytest.mark.parametrize(
    ("wrong", "variable", "fix"),
    [
        ({"monitor_webhook_url": "ftp://secret"}, "monitor_webhook_url", "leave it empty"),
        ({"monitor_node_address": "127.0.0.1"}, "monitor_node_address", "127.0.0.1:9090"),
        ({"monitor_alertmanagers": ["here"]}, "monitor_alertmanagers", "127.0.0.1:9090"),
        ({"monitor_prometheus_keep": "long"}, "monitor_prometheus_keep", "60d"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_wrong_variable_is_named_with_its_fix_and_nothing_changes(
    caller: Caller, wrong: dict[str, Any], variable: str, fix: str
) -> None:
    play = caller.host.play(FRONT, front_roles=["monitor"], **wrong)
    assert play.status != 0
    assert variable in play.one_line
    assert fix in play.one_line
    assert play.recap["changed"] == 0
    assert "ftp://secret" not in play.output.split("TASK [Validating", 1)[0] or "webhook" not in variable
