"""The role `app` on a real server: releases are tried before they serve, and what does not serve gives way."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.host.conftest import NUMBER, server
from tests.host.downloads import Downloads, downloads
from tests.host.hosts import ROOT, Host, Play

ROLE = "tests/host/playbooks/role.yml"
PUBLISH = "playbooks/publish_knowledge.yml"
URL = "http://127.0.0.1:8000"
KB = "/var/lib/sales-machine/kb"
VERSIONS = "/var/lib/sales-machine/kb-versions"
SWITCH = "Try the release, switch to it, go back when it does not serve (minutes without a line)"
PARTS = ("app", "kb", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("app_source", {"app_source": "/nowhere", "app_wheel": ""}, "name files and folders that are there"),
    ("app_settings.turn", {"app_settings": {"turn": 30}}, "write its keys indented below it"),
    ("app_index_url", {"app_index_url": "pypi.org"}, "write https://HOST/PATH"),
    ("app_keep_releases", {"app_keep_releases": 0}, "the way back"),
    ("app_llm_backend", {"app_llm_backend": "gpt"}, "extractive, ollama, openai"),
]
# Asks again and again on new connections while the service restarts; prints every answer that is not a 200.
HAMMER = """
import http.client, json, subprocess, sys, threading
key = open("/etc/sales-machine/api_keys").read().split()[-1]
over, bad, good = threading.Event(), [], []
def caller(number):
    while not over.is_set():
        try:
            line = http.client.HTTPConnection("127.0.0.1", 8000, timeout=60)
            body = json.dumps({"session_id": "B", "user_id": f"u{number}", "message": {"text": "Сколько стоит сканер?"}})
            line.request("POST", "/api/v1/process", body, {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
            answer = line.getresponse()
            (good if answer.status == 200 and json.load(answer)["answer"] else bad).append(answer.status)
        except Exception as error:
            bad.append(repr(error))
callers = [threading.Thread(target=caller, args=(number,)) for number in range(4)]
[each.start() for each in callers]
for _ in range(3):
    subprocess.run(["systemctl", "restart", "sales-machine.service"], check=True)
over.set()
[each.join() for each in callers]
print(json.dumps({"good": len(good), "bad": bad}))
"""


@dataclass
class Service:
    """A host with the role, and wheels of several releases."""

    host: Host
    mirror: Downloads
    folder: Path
    base: dict[str, Any] = field(default_factory=dict)

    def wheel(self, name: str, **edits: str) -> str:
        """Builds a release whose files (path -> text that is put before) differ from the checkout's."""
        source = self.folder / name
        source.mkdir()
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, source / part)
        for path, text in edits.items():
            file = source / path
            file.write_text(text + file.read_text("utf-8"), "utf-8")
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(source / "dist")]
        subprocess.run([*command, str(source)], check=True, capture_output=True)
        (wheel,) = (source / "dist").glob("*.whl")
        return str(wheel)

    @property
    def key_file(self) -> Path:
        return self.folder / "operator" / "key"

    def play(self, *arguments: str, **variables: Any) -> Play:
        fixed = {"app_nvidia_enabled": False, "app_watchdog_s": 5, "app_key_file": str(self.key_file)}
        given = self.mirror.variables() | fixed | self.base | variables
        return self.host.play(ROLE, *arguments, role="app", **given)

    def key(self) -> str:
        return self.host.read("cat", "/etc/sales-machine/api_keys").split()[-1]

    def current(self) -> str:
        return self.host.read("readlink", "/opt/sales-machine/current").removeprefix("releases/")

    def serving(self) -> str:
        """The release of the process that answers on the port, after it has answered a customer."""
        body = json.dumps({"session_id": "B", "user_id": "1", "message": {"text": "Сколько стоит тариф Рост?"}})
        headers = ["-H", f"Authorization: Bearer {self.key()}", "-H", "Content-Type: application/json"]
        reply = json.loads(self.host.read("curl", "-sS", f"{URL}/api/v1/process", *headers, "-d", body))
        assert re.search(r"14\s900\s₸", reply["answer"]), reply
        return self.host.sh("basename $(readlink /proc/$(systemctl show -P MainPID sales-machine)/cwd)")

    def state(self) -> tuple[str, str, str, str]:
        """What serves: release, settings, knowledge, unit."""
        files = "cat /etc/sales-machine/settings.yaml; readlink /var/lib/sales-machine/kb"
        unit = self.host.read("cat", "/etc/systemd/system/sales-machine.service")
        return self.current(), self.serving(), self.host.sh(files), unit


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    for host in server(f"app{NUMBER}", NUMBER + 121, fresh=True):
        host.sh("apt-get update -q")
        with downloads(host) as mirror:
            service = Service(host, mirror, tmp_path_factory.mktemp("releases"))
            service.base = {"app_wheel": service.wheel("first"), "app_llm_backend": "extractive"}
            yield service


@pytest.fixture(scope="module")
def installed(bare: Service) -> tuple[Service, Play]:
    play = bare.play()
    assert play.status == 0, play.output
    return bare, play


@pytest.fixture
def service(installed: tuple[Service, Play]) -> Service:
    return installed[0]


def test_a_dry_run_changes_nothing(bare: Service) -> None:
    before = bare.host.snapshot()
    play = bare.play("--check", "--diff")
    assert play.status == 0, play.output
    assert "app : Make the service's user" in play.changed
    assert bare.host.snapshot() == before


@pytest.mark.parametrize(("variable", "wrong", "fix"), WRONG, ids=[name for name, _, _ in WRONG])
def test_a_wrong_variable_is_named_with_its_fix(bare: Service, variable: str, wrong: dict[str, Any], fix: str) -> None:
    play = bare.play(**wrong)
    assert play.status != 0
    assert variable in play.one_line
    assert fix in play.one_line
    assert play.recap["changed"] == 0


def test_the_key_is_made_on_the_server_and_shown_to_nobody_but_in_the_operators_file(
    installed: tuple[Service, Play],
) -> None:
    service, first = installed
    key = service.key()
    assert len(key) >= 43
    assert key not in first.output
    assert str(service.key_file) in first.one_line
    assert service.key_file.read_text() == key + "\n"
    assert service.key_file.stat().st_mode & 0o777 == 0o600
    assert service.host.read("stat", "-c", "%U %a", "/etc/sales-machine/api_keys") == "root 600"
    process = service.host.read("systemctl", "show", "-P", "MainPID", "sales-machine")
    assert key not in service.host.sh(f"tr '\\0' '\\n' < /proc/{process}/environ; cat /proc/{process}/cmdline")
    second = service.play()
    assert second.status == 0, second.output
    assert second.changed == []
    assert key not in second.output


def test_it_serves_as_its_own_user_and_is_confined(service: Service) -> None:
    assert service.serving() == service.current()
    assert service.host.sh("ps -o user= -p $(systemctl show -P MainPID sales-machine)") == "sales-machine"
    assert service.host.sh("ss -Hltn 'sport = :8000'").split()[3] == "127.0.0.1:8000"
    report = service.host.read("systemd-analyze", "security", "--no-pager", "sales-machine.service")
    exposure = re.search(r"exposure level for sales-machine.service: ([0-9.]+)", report)
    assert exposure is not None, report
    assert float(exposure[1]) <= 2.0
    modes = service.host.read("stat", "-c", "%a %U", "/var/lib/sales-machine", "/etc/sales-machine/settings.yaml")
    assert modes.splitlines() == ["700 sales-machine", "640 root"]


def test_no_caller_is_refused_while_it_restarts(service: Service) -> None:
    heard = json.loads(service.host.read("python3", "-c", HAMMER))
    assert heard["bad"] == []
    assert heard["good"] > 10


def test_a_stuck_process_is_ended_and_started_again(service: Service) -> None:
    before = service.host.read("systemctl", "show", "-P", "MainPID", "sales-machine")
    service.host.sh(f"kill -STOP {before}")
    service.host.sh(
        f"for i in $(seq 60); do p=$(systemctl show -P MainPID sales-machine); [ $p != {before} ] && [ $p != 0 ] && break; sleep 1; done"
    )
    assert service.serving() == service.current()  # the caller waits in the socket's queue until it serves again
    assert service.host.read("systemctl", "show", "-P", "MainPID", "sales-machine") != before
    assert "Watchdog timeout" in service.host.sh("journalctl -u sales-machine.service --no-pager")


@pytest.mark.parametrize(
    ("broken", "path", "text", "reason"),
    [
        ("import", "app/api/app.py", "import no_such_module\n", "ModuleNotFoundError"),
        # Passes its gate, where systemd notifies nobody, and fails when it is to serve.
        ("switch", "app/api/notify.py", "import os\nassert 'NOTIFY_SOCKET' not in os.environ\n", "AssertionError"),
    ],
)
def test_a_broken_release_leaves_the_former_one_serving(
    service: Service, broken: str, path: str, text: str, reason: str
) -> None:
    before = service.state()
    settings = {"turn": {"max_waiting": 17}}
    play = service.play(app_wheel=service.wheel(broken, **{path: text}), app_settings=settings)
    assert play.status != 0
    assert reason in play.one_line
    verb = "goes on serving" if broken == "import" else "serves again"
    assert f"release {before[0]} {verb}" in play.one_line
    assert service.state() == before


def test_a_wrong_setting_stops_before_anything_is_switched(service: Service) -> None:
    before = service.state()
    play = service.play(app_settings={"turn": {"time_out_s": 20}})
    assert play.status != 0
    assert "did you mean 'turn.timeout_s'" in play.one_line
    assert service.state() == before


def test_knowledge_with_a_fault_is_not_published(service: Service, tmp_path: Path) -> None:
    before = service.state()
    shutil.copytree(ROOT / "kb", tmp_path / "kb")
    (tmp_path / "kb" / "pricing.yaml").write_text("category: pricing\nsections: [{id: priceless}]\n")
    play = service.play(app_knowledge_src=str(tmp_path / "kb"))
    assert play.status != 0
    assert "pricing.yaml" in play.one_line
    assert service.state() == before


def test_knowledge_that_nothing_measures_is_refused_unless_it_is_forced(service: Service, tmp_path: Path) -> None:
    before = service.state()
    versions = service.host.read("ls", "-A", VERSIONS)
    shutil.copytree(ROOT / "kb", tmp_path / "kb", ignore=shutil.ignore_patterns("eval"))
    play = service.play(app_knowledge_src=str(tmp_path / "kb"))
    assert play.status != 0
    assert "it has no questions" in play.one_line
    assert "app_knowledge_force: true" in play.one_line
    assert service.state() == before
    assert service.host.read("ls", "-A", VERSIONS) == versions
    assert service.host.sh("ls -d /tmp/sales-machine-kb.*; true") == ""
    play = service.play(app_knowledge_src=str(tmp_path / "kb"), app_knowledge_force=True)
    assert play.status == 0, play.output
    assert service.state() != before
    service.host.exec("sales-machine-release", "back")
    assert service.state() == before


def test_knowledge_has_one_name_whoever_brings_it(service: Service) -> None:
    host, name = service.host, service.host.read("readlink", KB)
    assert re.fullmatch(r"kb-versions/[0-9a-f]{12}-[0-9a-f]{8}", name)
    modes = set(host.sh(f"find -L {KB} -printf '%y %m %u %g\\n'").splitlines())
    assert modes == {"d 750 root sales-machine", "f 640 root sales-machine"}
    host.sh(f"rm -rf /root/kb; cp -rL {KB} /root/kb")
    machine = "/opt/sales-machine/current/venv/bin/machine"
    told = json.loads(host.read(machine, "kb", "publish", "/root/kb", f"--to={KB}", "--json"))
    assert (told["outcome"], f"kb-versions/{told['folder']}") == ("unchanged", name)


def test_the_playbook_publishes_into_the_running_service_once(service: Service, tmp_path: Path) -> None:
    host, name = service.host, service.host.read("readlink", KB)
    shutil.copytree(ROOT / "kb", tmp_path / "kb")
    with (tmp_path / "kb" / "pricing.yaml").open("a") as file:
        file.write("# another\n")
    play = host.play(PUBLISH, publish_knowledge_src=str(tmp_path / "kb"))
    assert play.status == 0, play.output
    assert play.changed == ["app : Check it, measure it, publish it"]
    assert host.read("readlink", KB) != name
    play = host.play(PUBLISH, publish_knowledge_src=str(tmp_path / "kb"))
    assert (play.status, play.changed) == (0, []), play.output
    (tmp_path / "kb" / "pricing.yaml").write_text("sections: [")
    play = host.play(PUBLISH, publish_knowledge_src=str(tmp_path / "kb"))
    assert play.status != 0
    assert "pricing.yaml" in play.one_line
    assert host.sh("ls -d /tmp/sales-machine-kb.*; true") == ""
    play = host.play(PUBLISH, "--check", publish_knowledge_src=str(ROOT / "kb"))
    assert (play.status, play.changed) == (0, []), play.output
    host.exec("/opt/sales-machine/current/venv/bin/machine", "kb", "rollback", f"--to={KB}")
    assert host.read("readlink", KB) == name


def test_knowledge_of_a_former_deployment_serves_until_the_next_one_and_is_the_way_back(service: Service) -> None:
    """It had a name of another form."""
    host, name = service.host, service.host.read("readlink", KB)
    former = "kb-versions/0123456789ab"
    host.sh(f"cd {KB}/.. && mv {name} {former} && ln -sfn {former} kb && systemctl restart sales-machine.service")
    assert service.serving() == service.current()
    play = service.play()
    assert play.status == 0, play.output
    assert play.changed == ["app : Check it, measure it, publish it", f"app : {SWITCH}"]
    assert host.read("readlink", KB) == name
    host.exec("sales-machine-release", "back")
    assert host.read("readlink", KB) == former
    assert service.serving() == service.current()
    host.exec("sales-machine-release", "back")
    assert host.read("readlink", KB) == name


def test_a_new_release_takes_over_and_back_returns_to_the_former(service: Service) -> None:
    former = service.state()
    play = service.play(
        app_wheel=service.wheel("second", **{"app/__main__.py": "# another one\n"}),
        app_settings={"turn": {"max_waiting": 17}},
    )
    assert play.status == 0, play.output
    new = service.state()
    assert new[0] != former[0]
    assert new[0] == new[1]
    assert "max_waiting: 17" in new[2]
    service.host.exec("sales-machine-release", "back")
    assert service.state() == former
    listed = service.host.read("sales-machine-release", "list").splitlines()
    assert f"* {former[0]}" in listed
    assert f"- {new[0]}" in listed


def test_a_start_that_gets_on_outlives_its_limit_and_one_that_hangs_does_not(service: Service) -> None:
    """systemd itself, with what the service says while it embeds its sections."""
    code = (
        "import sys, time; from app.api.notify import Notifier; notifier = Notifier.from_environment();"
        "[(notifier.getting_on('embedding'), time.sleep(1)) for _ in range(int(sys.argv[1]))];"
        "time.sleep(int(sys.argv[2])); notifier.send('READY=1'); time.sleep(1)"
    )
    python = "/opt/sales-machine/current/venv/bin/python"
    options = ["--wait", "--service-type=notify", "--property=TimeoutStartSec=3", "--property=NotifyAccess=main"]
    for steps, silent, ended in ((6, 0, True), (0, 6, False)):
        words = ["systemd-run", *options, python, "-c", code, str(steps), str(silent)]
        assert (service.host.exec(*words, check=False).returncode == 0) is ended


def test_old_releases_are_removed_but_not_the_way_back(service: Service) -> None:
    releases = "/opt/sales-machine/releases"
    service.host.sh(f"mkdir {releases}/old1 {releases}/old2; touch -d 2020-01-01 {releases}/old1 {releases}/old2")
    listed = service.host.read("sales-machine-release", "list")
    kept = {line[2:] for line in listed.splitlines() if line[0] in "*-"}
    service.host.exec("sales-machine-release", "prune", "--keep", "1")
    assert set(service.host.read("ls", releases).split()) == kept
    assert service.serving() == service.current()
