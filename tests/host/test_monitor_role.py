"""Figures, alerts and the doctor on a real server."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.host.callers import SECRET, SOON, Caller, telling, told_of
from tests.host.hosts import ROOT, Host
from tests.operations.smartctl import nvme

FRONT = "tests/host/playbooks/front.yml"
RULES = ROOT / "tests/host/alert_rules_test.yml"
DATA = "/var/lib/sales-machine"


@pytest.fixture(scope="module")
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


def look(host: Host, check: bool = True) -> None:
    host.sh("systemctl start sales-machine-doctor.service", check=check)


def test_everything_listens_on_loopback_alone(caller: Caller) -> None:
    listening = caller.host.sh("ss -Hltn | awk '{print $4}'").split()
    assert {"127.0.0.1:9100", "127.0.0.1:9090", "127.0.0.1:9093"} <= set(listening)
    ours = ("9090", "9093", "9094", "9095", "9100")
    assert not [each for each in listening if each.rsplit(":", 1)[1] in ours and not each.startswith("127.")]


def test_prometheus_reads_both_and_knows_every_rule(caller: Caller) -> None:
    ask = "curl -s http://127.0.0.1:9090/api/v1"
    for _ in range(80):
        targets = json.loads(caller.host.sh(f"{ask}/targets"))["data"]["activeTargets"]
        if {target["health"] for target in targets} == {"up"}:
            break
        time.sleep(0.5)
    assert {target["labels"]["job"]: target["health"] for target in targets} == {
        "alertmanager": "up", "node": "up", "sales-machine": "up",
    }  # fmt: skip
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


def test_what_a_disk_says_reaches_the_doctor_and_the_figures(caller: Caller) -> None:
    """Through the confined unit, from a smartctl that answers as the real one: a test host's own disks say nothing."""
    host = caller.host
    tree = json.dumps(nvme("/dev/nvme0", warning=4))
    scan = json.dumps({"devices": [{"name": "/dev/nvme0", "type": "nvme"}], "smartctl": {"exit_status": 0}})
    program = f"""#!/bin/sh
case "$*" in *--scan-open*) echo '{scan}' ;; *) echo '{tree}'; exit 8 ;; esac
"""
    host.exec("sh", "-c", f"cat > /usr/local/sbin/smartctl <<'END'\n{program}END\nchmod 755 /usr/local/sbin/smartctl")
    doctor = f"CREDENTIALS_DIRECTORY=/etc/sales-machine machine doctor --json --settings /etc/sales-machine/settings.yaml --data {DATA} --kb {DATA}/kb"
    try:
        host.sh("systemctl start sales-machine-disks.service")
        (found,) = [each for each in json.loads(host.sh(doctor, check=False))["checks"] if each["name"] == "disks"]
        assert (found["level"], "it is not reliable any more" in found["detail"]) == ("error", True)
        figures = host.sh("curl -s http://127.0.0.1:9100/metrics")
        line = next(line for line in figures.splitlines() if line.startswith("sales_machine_disk_healthy{"))
        assert 'disk="/dev/nvme0"' in line
        assert line.endswith(" 0")
    finally:
        host.sh("rm /usr/local/sbin/smartctl; systemctl start sales-machine-disks.service")
    assert "sales_machine_disk_healthy{" not in host.sh("curl -s http://127.0.0.1:9100/metrics")


def wait(met: Callable[[], Any], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.5)


def test_a_finding_is_told_once_and_its_end_too(caller: Caller) -> None:
    host = caller.host
    look(host)
    with telling(host) as told:
        host.sh("chmod 777 /var/lib/sales-machine && chmod 666 /var/lib/sales-machine/conversations.db")
        try:
            look(host)
            look(host)
        finally:
            host.sh("chmod 700 /var/lib/sales-machine && chmod 600 /var/lib/sales-machine/conversations.db")
        wait(lambda: told_of(told, "data folder", "firing"))
        time.sleep(4)
        (message,) = told_of(told, "data folder", "firing")
        (alert,) = [each for each in message["alerts"] if each["labels"].get("check") == "data folder"]
        assert alert["annotations"]["fix"].startswith("chmod 700") and alert["labels"]["host"]
        look(host)
        wait(lambda: told_of(told, "data folder", "resolved"))


def test_a_unit_that_fails_is_told_and_its_mending_too(caller: Caller) -> None:
    host = caller.host
    with telling(host) as told:
        host.sh(
            "systemd-run --quiet --unit=breaks -p OnFailure=sales-machine-alert@breaks.service.service false; sleep 1"
        )
        wait(lambda: told_of(told, "breaks.service", "firing"))
        look(host)
        time.sleep(4)
        assert len(told_of(told, "breaks.service", "firing")) == 1
        host.sh("systemctl reset-failed breaks.service")
        look(host)
        wait(lambda: told_of(told, "breaks.service", "resolved"))
    assert "sales-machine-alert@" not in host.sh("systemctl list-units --failed --plain --no-legend")


def test_the_test_says_what_arrived_and_a_silence_is_kept(caller: Caller) -> None:
    host = caller.host
    with telling(host) as told:
        url = host.sh("cat /etc/sales-machine/webhook_url")
        given = SOON | {"monitor_webhook_url": url, "monitor_webhook_secret": SECRET}
        play = host.play("playbooks/alert_test.yml", **given)
        assert play.status == 0, play.output
        assert "webhook: arrived" in play.one_line and url not in play.output
        wait(lambda: told_of(told, "AlertTest", "firing"))
        given |= {"monitor_slack_url": url + "/nobody"}
        assert host.play("playbooks/alert_test.yml", **given).status != 0
        play = host.play("playbooks/silence.yml", silence_alert="UnitFailed", silence_why="a test")
        assert play.status == 0 and "UnitFailed" in play.one_line
        host.sh("systemctl start sales-machine-alert@quiet.service.service; sleep 4")
        assert not told_of(told, "quiet.service", "firing")
        play = host.play("playbooks/silence.yml", silence_alert="UnitFailed", silence_end=True)
        assert play.status == 0 and "nothing is silent" in play.one_line
        wait(lambda: told_of(told, "quiet.service", "firing"))
    play = host.play("playbooks/alert_test.yml")
    assert play.status != 0 and "Nobody would be told" in play.one_line


def test_who_is_told_is_for_root_and_what_tells_alone(caller: Caller) -> None:
    host = caller.host
    for name in ("alertmanager.yml", "webhook_url", "webhook_secret"):
        assert host.sh(f"stat -c '%a %U' /etc/sales-machine/{name}") == "600 root"
    handed = "/run/credentials/prometheus-alertmanager.service/alertmanager.yml"
    assert "receivers" in host.sh(f"cat {handed}")
    for user in ("prometheus", "sales-machine", "nobody"):
        assert host.exec("runuser", "-u", user, "--", "cat", handed, check=False).returncode != 0
    assert "http" not in host.sh("systemctl show sales-machine-sign@x.service -p Environment")
    exposed = host.sh("systemctl show prometheus-alertmanager -p ExecStart -p Environment")
    assert "token" not in exposed and SECRET not in exposed


def test_the_end_of_a_run_says_when_nobody_would_be_told(caller: Caller) -> None:
    play = caller.host.play("site.yml", "--tags", "monitor")
    assert play.status == 0, play.output
    assert "NOBODY WOULD BE TOLD OF TROUBLE" in play.one_line
    told = {"monitor_slack_url": "http://127.0.0.1:9/x", "monitor_heartbeat_url": "http://127.0.0.1:9/x"}
    play = caller.host.play("site.yml", "--tags", "monitor", monitor_runbook_url="https://pages.example.com", **told)
    assert (
        play.status == 0
        and "***" not in play.output.split("Say loudly", 1)[1].split("PLAY RECAP")[0].partition("\n")[2]
    )
    assert caller.host.play(FRONT, front_roles=["monitor"]).status == 0


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
    assert "ftp://secret" not in play.output
