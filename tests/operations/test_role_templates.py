"""What a server's units and settings promise: what a service may do, what is kept, who is told. A change must not lose
one of these lines unnoticed; tests/host tries the same on a real server."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT
from tests.operations.rendering import lines, render
from tests.thrift import parsed

SANDBOX = {
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
}
TIGHTER = {
    "ProtectKernelLogs=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "SystemCallFilter=@system-service",
}
ALONE = {"CapabilityBoundingSet=", "AmbientCapabilities=", "LimitCORE=0", "RemoveIPC=yes", "KeyringMode=private"}
AGAIN = {"Restart=always", "StartLimitIntervalSec=0"}


def settings_of(rendered: Path) -> Any:
    return parsed((rendered / "app.settings.yaml").read_text("utf-8"))


def environment(rendered: Path, unit: str) -> dict[str, str]:
    """What a unit sets."""
    words = [word for line in lines(rendered, unit) if line.startswith("Environment=") for word in line[12:].split()]
    return dict(word.strip('"').split("=", 1) for word in words if "=" in word)


# Units


@pytest.mark.parametrize(
    ("unit", "promised"),
    [
        ("app.sales-machine.service", SANDBOX | TIGHTER | ALONE | AGAIN),
        ("ollama.ollama.service", SANDBOX | TIGHTER | ALONE | AGAIN),
        ("backup.sales-machine-backup.service", SANDBOX | TIGHTER | {"PrivateDevices=yes", "PrivateNetwork=yes"}),
        ("backup.sales-machine-offsite.service", SANDBOX | TIGHTER | {"PrivateDevices=yes", "CapabilityBoundingSet="}),
        ("backup.sales-machine-offsite-drill.service", SANDBOX | TIGHTER | {"PrivateDevices=yes"}),
        ("monitor.sales-machine-doctor.service", SANDBOX - {"RestrictRealtime=yes"}),
        ("monitor.sales-machine-disks.service", SANDBOX | {"PrivateNetwork=yes"}),
    ],
)
def test_a_unit_is_confined(rendered: Path, unit: str, promised: set[str]) -> None:
    assert promised - set(lines(rendered, unit)) == set()


def test_the_service_runs_as_its_own_user_reaches_nobody_and_leaves_no_words_behind(rendered: Path) -> None:
    unit = set(lines(rendered, "app.sales-machine.service"))
    assert {
        "User=sales-machine",
        "UMask=0077",
        "StateDirectoryMode=0700",
        "LoadCredential=api_keys:/etc/sales-machine/api_keys",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "SystemCallFilter=~@privileged",
        "DevicePolicy=closed",
    } <= unit
    assert environment(rendered, "app.sales-machine.service")["HF_HUB_OFFLINE"] == "1"
    assert not [line for line in unit if "API_KEYS" in line]


def test_another_model_server_is_told_with_its_key_in_a_credential_alone(tmp_path: Path) -> None:
    told = {
        "app_llm_host": "https://models.example.com/v1",
        "app_llm_model": "m",
        "app_llm_key": "sk-secret-of-the-vault",
    }
    render(tmp_path, {"app_llm_backend": "openai"} | told)
    written = settings_of(tmp_path)["llm"]
    assert written == {"backend": "openai", "host": told["app_llm_host"], "model": "m", "context": 6144}
    unit = lines(tmp_path, "app.sales-machine.service")
    assert "LoadCredential=llm_key:/etc/sales-machine/llm_key" in unit
    assert not [line for line in unit if "ollama" in line]
    assert not [path for path in tmp_path.iterdir() if "sk-secret" in path.read_text("utf-8")]


def test_the_service_is_ended_by_nobody_before_its_turns_are_and_not_started_on_a_wrong_setting(rendered: Path) -> None:
    unit = lines(rendered, "app.sales-machine.service")
    told = dict(line.split("=", 1) for line in unit if "=" in line)
    assert int(told["TimeoutStopSec"]) > settings_of(rendered)["api"]["drain_s"]
    assert (told["Type"], told["RestartPreventExitStatus"], told["KillMode"]) == ("notify", "2", "mixed")
    assert 10 <= int(told["WatchdogSec"]) <= 60


def test_the_api_and_the_model_listen_on_loopback_alone(rendered: Path) -> None:
    listening = [line for line in lines(rendered, "app.sales-machine.socket") if line.startswith("Listen")]
    assert listening == ["ListenStream=127.0.0.1:8000"]
    assert environment(rendered, "ollama.ollama.service")["OLLAMA_HOST"] == "127.0.0.1:11434"
    assert "--web.listen-address=127.0.0.1:9100" in (rendered / "monitor.node-exporter.conf").read_text("utf-8")
    assert "--web.listen-address=127.0.0.1:9090" in (rendered / "monitor.prometheus.conf").read_text("utf-8")


def test_ollama_and_the_service_are_told_alike_how_many_conversations_of_which_length_there_are(rendered: Path) -> None:
    told, settings = environment(rendered, "ollama.ollama.service"), settings_of(rendered)
    assert int(told["OLLAMA_NUM_PARALLEL"]) == settings["turn"]["parallel"]
    assert int(told["OLLAMA_CONTEXT_LENGTH"]) == settings["llm"]["context"]
    assert settings["llm"]["host"] == f"http://{told['OLLAMA_HOST']}"


def test_the_model_stays_loaded_is_the_pinned_one_and_no_cloud_is_asked(rendered: Path) -> None:
    told = environment(rendered, "ollama.ollama.service")
    assert told["OLLAMA_KEEP_ALIVE"] == "-1"
    assert told["OLLAMA_MAX_LOADED_MODELS"] == told["OLLAMA_NO_CLOUD"] == "1"
    assert re.fullmatch("[0-9a-f]{64}", settings_of(rendered)["llm"]["digest"])
    assert {"User=ollama", "UMask=0027", "StateDirectoryMode=0750"} <= set(lines(rendered, "ollama.ollama.service"))


# The system


def test_security_updates_come_by_themselves_and_a_reboot_does_not(rendered: Path) -> None:
    settings = lines(rendered, "base.apt.conf")
    assert 'APT::Periodic::Update-Package-Lists "1";' in settings
    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in settings


def test_no_upgrade_restarts_the_model_or_the_service(rendered: Path) -> None:
    said = (rendered / "base.needrestart.conf").read_text("utf-8").replace("\\", "")
    for unit in ("ollama", "sales-machine"):
        assert f"$nrconf{{override_rc}}{{qr(^{unit}.service$)}} = 0;" in said


def test_the_journal_outlives_a_boot_and_ends(rendered: Path) -> None:
    journal = lines(rendered, "base.journald.conf")
    assert "Storage=persistent" in journal
    assert {line.partition("=")[0] for line in journal} >= {"SystemMaxUse", "SystemKeepFree", "MaxRetentionSec"}


# Backups and what watches


def test_a_backup_is_made_daily_kept_for_fourteen_days_and_eight_weeks_and_read_by_root_alone(rendered: Path) -> None:
    script = " ".join(lines(rendered, "backup.backup.sh"))
    assert "--keep-daily 14" in script
    assert "--keep-weekly 8" in script
    assert "set -eu" in script
    assert "umask 077" in script
    kept = re.findall(r"--include (\S+)", script)
    assert kept == ["/etc/sales-machine/settings.yaml", "/etc/sales-machine/api_keys", "/var/lib/sales-machine/kb"]
    timer = lines(rendered, "backup.sales-machine-backup.timer")
    assert "Persistent=true" in timer, "a night in which the server was off is made up for"
    assert "OnCalendar=*-*-* 02:30:00" in timer


def test_a_backup_that_fails_is_told(rendered: Path) -> None:
    assert "OnFailure=sales-machine-alert@%n.service" in lines(rendered, "backup.sales-machine-backup.service")
    alert = " ".join(lines(rendered, "monitor.sales-machine-alert@.service"))
    assert "/usr/local/lib/sales-machine/watch" in alert
    assert "WATCH_ALERTMANAGERS=127.0.0.1:9093" in alert


def test_backups_leave_the_server_by_a_unit_of_its_own_after_each_one_and_the_one_that_makes_them_has_no_network(
    rendered: Path, tmp_path: Path
) -> None:
    making = lines(rendered, "backup.sales-machine-backup.service")
    assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"} <= set(making)
    assert not [line for line in making if line.startswith("OnSuccess")]
    place = {
        "backup_offsite_repository": "ssh:backup@203.0.113.9",
        "backup_offsite_password": "a-password-of-the-vault",
    }
    render(tmp_path, place, "backup")
    making = lines(tmp_path, "backup.sales-machine-backup.service")
    assert {"PrivateNetwork=yes", "OnSuccess=sales-machine-offsite.service"} <= set(making)
    for name in ("sales-machine-offsite.service", "sales-machine-offsite-drill.service"):
        unit = lines(tmp_path, f"backup.{name}")
        handed = {line.split(":")[1] for line in unit if line.startswith("LoadCredential=")}
        assert handed == {
            f"/etc/sales-machine/offsite/{each}" for each in ("place.json", "password", "known_hosts", "identity")
        }
        assert "OnFailure=sales-machine-alert@%n.service" in unit
    assert not [path for path in tmp_path.iterdir() if "a-password-of" in path.read_text("utf-8")]


def test_who_is_told_is_read_as_a_credential_alone_and_nobody_else_may_reach_what_tells(rendered: Path) -> None:
    unit = lines(rendered, "monitor.alertmanager.conf")
    assert "LoadCredential=alertmanager.yml:/etc/sales-machine/alertmanager.yml" in unit
    (command,) = [line for line in unit if line.startswith("ExecStart=/")]
    assert "--config.file=${CREDENTIALS_DIRECTORY}/alertmanager.yml" in command
    assert "--web.listen-address=127.0.0.1:9093" in command
    assert command.endswith("--cluster.listen-address="), "its second port would be open to all"
    assert SANDBOX - set(unit) == set()
    assert "ListenStream=127.0.0.1:9095" in lines(rendered, "monitor.sales-machine-sign.socket")
    signs = set(lines(rendered, "monitor.sales-machine-sign@.service"))
    assert {"DynamicUser=yes", "LoadCredential=webhook_secret:/etc/sales-machine/webhook_secret"} <= signs


def test_the_doctor_looks_at_intervals_and_tells_alertmanager(rendered: Path) -> None:
    unit = lines(rendered, "monitor.sales-machine-doctor.service")
    assert 'Environment="WATCH_ALERTMANAGERS=127.0.0.1:9093"' in unit
    assert "StateDirectoryMode=0700" in unit
    (rights,) = [line.partition("=")[2].split() for line in unit if line.startswith("CapabilityBoundingSet=")]
    own = {"CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER", "CAP_SYS_PTRACE"}
    assert set(rights) <= own | {"CAP_SETUID", "CAP_SETGID"}


def test_an_operator_types_what_the_alerts_come_from(rendered: Path, tmp_path: Path) -> None:
    """One command, the unit's and the runbook's: a finding that woke somebody is in its table too."""
    command = "/usr/local/sbin/sales-machine-doctor"
    assert f'Environment="WATCH_DOCTOR={command} --json"' in lines(rendered, "monitor.sales-machine-doctor.service")
    assert "\nsudo sales-machine-doctor\n" in (ROOT / "docs/runbooks/DoctorFinds.md").read_text("utf-8")
    written = (rendered / "monitor.sales-machine-doctor").read_text("utf-8")
    (tmp_path / "machine").write_text('#!/bin/sh\necho "$CREDENTIALS_DIRECTORY" "$@"\n')
    (tmp_path / "machine").chmod(0o755)
    program = tmp_path / "sales-machine-doctor"
    program.write_text(written.replace("/opt/sales-machine/current/venv/bin/machine", str(tmp_path / "machine")))
    said = subprocess.run(["sh", str(program), "--json"], capture_output=True, text=True, check=True).stdout.split()
    assert said[:2] == ["/etc/sales-machine", "doctor"]
    assert said[-1] == "--json"
    given = dict(zip(said[2:-1:2], said[3:-1:2], strict=True))
    assert set(given) == {"--settings", "--data", "--kb", "--url", "--cert", "--offsite"}
    assert given["--url"] == "http://127.0.0.1:8000"
    assert given["--offsite"] == "/var/lib/sales-machine-offsite/newest.json"


@pytest.mark.parametrize("unit", ["backup.sales-machine-backup.service", "monitor.sales-machine-doctor.service"])
def test_root_may_take_the_rights_of_the_memorys_owner(rendered: Path, unit: str) -> None:
    """A memory is opened with them: without these two nothing could be read."""
    (rights,) = [line.partition("=")[2].split() for line in lines(rendered, unit) if line.startswith("Capability")]
    assert {"CAP_SETUID", "CAP_SETGID"} <= set(rights)
    assert "OnUnitActiveSec=5min" in lines(rendered, "monitor.sales-machine-doctor.timer")


ALERTS = {
    "ServiceDown": ("critical", "1m", "== 0"),
    "ModelDown": ("critical", "5m", "== 0"),
    "ModelRests": ("warning", "5m", "== 1"),
    "GpuDown": ("critical", "2m", "== 0"),
    "AnswersSlow": ("warning", "10m", "> 30"),
    "AnswersFail": ("critical", "5m", "> 0.05"),
    "Overloaded": ("warning", "10m", "> 0.05"),
    "KnowledgeEmpty": ("critical", "1m", "== 0"),
    "DoctorSilent": ("warning", "15m", "> 3600"),
    "CertificateExpires": ("warning", "1h", "> 0"),
    "BackupOld": ("warning", "1h", "> 30 * 3600"),
    "OffsiteOld": ("warning", "1h", "> 54 * 3600"),
    "DiskFull": ("warning", "15m", "< 0.1"),
    "RaidShort": ("warning", "2m", "> 0"),
    "DiskFails": ("critical", "0m", "== 0"),
    "DiskWears": ("warning", "1h", "> 0.9"),
    "DisksUnasked": ("warning", "1h", "> 6 * 3600"),
    "MemoryShort": ("warning", "10m", "< 0.05"),
    "ClockWrong": ("warning", "30m", "== 0"),
    "ReceiverFails": ("warning", "5m", "> 0"),
    "Watchdog": ("none", "0m", "vector(1)"),
}


def test_each_alert_speaks_at_the_bound_that_its_summary_tells(rendered: Path) -> None:
    (group,) = parsed((rendered / "monitor.rules.yml").read_text("utf-8"))["groups"]
    rules = {rule["alert"]: rule for rule in group["rules"]}
    for name, (severity, hold, bound) in ALERTS.items():
        rule = rules[name]
        assert (rule["labels"]["severity"], rule["for"]) == (severity, hold), name
        assert bound in rule["expr"], name
    for name in ("DoctorSilent", "BackupOld"):
        assert " or absent(" in rules[name]["expr"], "what never was is as old as can be"
    assert rules["AnswersFail"]["expr"].count('status=~"5..",route=~"/api/.*"') == 1
    assert rules["Overloaded"]["expr"].count('status="429",route=~"/api/.*"') == 1


def test_a_prometheus_of_its_own_reads_the_service_and_the_server(rendered: Path) -> None:
    config = parsed((rendered / "monitor.prometheus.yml").read_text("utf-8"))
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert targets == {
        "sales-machine": ["127.0.0.1:8000"], "node": ["127.0.0.1:9100"], "alertmanager": ["127.0.0.1:9093"],
    }  # fmt: skip
    (managers,) = config["alerting"]["alertmanagers"]
    assert managers["static_configs"] == [{"targets": ["127.0.0.1:9093"]}]
    assert config["global"]["external_labels"] == {"host": "machine.example.com"}
    assert config["rule_files"] == ["rules.yml"]


def routes(rendered: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tree of routes, and the receivers by their names."""
    config = parsed((rendered / "monitor.alertmanager.yml").read_text("utf-8"))
    return config["route"], {receiver["name"]: receiver for receiver in config["receivers"]}


def test_without_receivers_nobody_is_told_and_the_heartbeat_goes_nowhere(rendered: Path) -> None:
    route, receivers = routes(rendered)
    assert receivers == {name: {"name": name} for name in ("people", "test", "nobody")}
    assert (route["receiver"], route["repeat_interval"]) == ("people", "24h")
    assert route["routes"][1] | {"receiver": "nobody"} == route["routes"][1]


def test_no_two_alerts_keep_each_other_silent(rendered: Path) -> None:
    """Alertmanager would tell neither."""
    config = parsed((rendered / "monitor.alertmanager.yml").read_text("utf-8"))

    def names(matchers: list[str]) -> set[str]:
        said = {key: set(values.split("|")) for key, values in re.findall(r'(\w+)=~?"([^"]*)"', ",".join(matchers))}
        checks = said.get("check", {""})
        return {f"{alert} {check}".strip() for alert in said["alertname"] for check in checks}

    silences: dict[str, set[str]] = {}
    for rule in config["inhibit_rules"]:
        assert rule["equal"] == ["host"], "a fault of one server silences none of another"
        for source in names(rule["source_matchers"]):
            silences.setdefault(source, set()).update(names(rule["target_matchers"]))

    def reached(name: str, before: tuple[str, ...] = ()) -> set[str]:
        assert name not in before, f"a ring: {before}"
        return {name}.union(*(reached(each, (*before, name)) for each in silences.get(name, ())))

    assert len(set().union(*map(reached, silences))) > 15


# The tunnel


def test_the_tunnel_lets_the_other_ends_networks_in_and_holds_no_key(rendered: Path) -> None:
    for name in ("tunnel.wg.conf", "tunnel.next.conf"):
        said = lines(rendered, name)
        assert not [line for line in said if line.lower().startswith("privatekey")]
        assert "PostUp = wg set %i private-key /etc/wireguard/%i.key" in said
        (allowed,) = [line.partition(" = ")[2] for line in said if line.startswith("AllowedIPs")]
        assert "0.0.0.0/0" not in allowed
        assert "::/0" not in allowed
