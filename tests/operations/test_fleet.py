"""What runs where, on one page: what a server says of itself, and what is made of the answers of all."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loadtests.service import ROOT, clean_environment

ASK, PAGE = ROOT / "playbooks/files/fleet.py", ROOT / "playbooks/fleet_page.py"
WELL: dict[str, Any] = {
    "release": "0.1.0-abc-1",
    "since": "2026-11-30 12:00",
    "knowledge": "5ead7dab-1",
    "ready": "yes",
    "level": "ok",
    "findings": [],
    "backup": "2026-12-01 03:10",
    "system": "Ubuntu 24.04.3 LTS",
    "kernel": "6.8.0-88-generic",
    "driver": "550.163.01",
    "server": "0.32.7-ed1e39fe",
    "model": "qwen3:14b",
}
DOCTOR = {
    "level": "warning",
    "checks": [
        {"name": "settings", "level": "ok", "detail": "/etc/x", "fix": ""},
        {"name": "raid", "level": "warning", "detail": "md2 1 of 2 disks", "fix": "mdadm"},
    ],
}


class Ready(BaseHTTPRequestHandler):
    """The service's /ready, as it answers while a part cannot serve."""

    status, body = 200, b'{"ready":true,"parts":{}}'

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, type[Ready]]]:
    handler = type("Handler", (Ready,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def installed(root: Path) -> Path:
    """A server's files as the roles lay them out."""
    release = root / "opt/sales-machine/releases/0.1.0-abc-1"
    program = release / "venv/bin/machine"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{json.dumps(DOCTOR)}'\nexit 1\n")
    program.chmod(0o755)
    (root / "opt/sales-machine/current").symlink_to("releases/0.1.0-abc-1")
    for name in ("20261130T031000Z", "20261201T031000Z", "20261201T040000Z.part"):
        (root / "var/backups/sales-machine" / name).mkdir(parents=True)
    (root / "var/lib/sales-machine").mkdir(parents=True)
    (root / "var/lib/sales-machine/kb").symlink_to("kb-versions/5ead7dab-1")
    (root / "etc/sales-machine").mkdir(parents=True)
    (root / "etc/os-release").write_text('NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.3 LTS"\n')
    (root / "etc/sales-machine/settings.yaml").write_text(
        "# written\nllm:\n  backend: ollama\n\n  # the model\n  model: qwen3:14b # tried\n  host: http://127.0.0.1:11434\nturn:\n  model: no\n"
    )
    return root


def asked(root: Path, service: str) -> dict[str, Any]:
    """As the playbook runs it: through a Python's standard input."""
    call = ASK.read_text("utf-8").replace("sys.exit(main())", f"sys.exit(main(Path({str(root)!r}), {service!r}))")
    done = subprocess.run([sys.executable, "-"], input=call, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def made(answers: dict[str, Any], page: Path | None = None) -> tuple[int, str]:
    command = [sys.executable, str(PAGE), *([str(page)] if page else [])]
    done = subprocess.run(command, input=json.dumps(answers), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_server_says_what_runs_and_how_it_is(tmp_path: Path, service: tuple[str, type[Ready]]) -> None:
    url, handler = service
    found = asked(installed(tmp_path), url)
    assert set(found) == set(WELL)
    assert {key: found[key] for key in ("release", "knowledge", "ready", "level", "backup", "system", "model")} == {
        "release": "0.1.0-abc-1",
        "knowledge": "5ead7dab-1",
        "ready": "yes",
        "level": "warning",
        "backup": "2026-12-01 03:10",
        "system": "Ubuntu 24.04.3 LTS",
        "model": "qwen3:14b",
    }
    assert found["findings"] == ["raid: md2 1 of 2 disks"]
    assert found["kernel"] == os.uname().release
    handler.status, handler.body = 503, b'{"ready":false,"parts":{"model":{"level":"error"},"gpu":{"level":"ok"}}}'
    assert asked(tmp_path, url)["ready"] == "no: model"
    assert asked(tmp_path, "http://127.0.0.1:9")["ready"] == "no: it does not answer"


def test_a_server_without_anything_says_so(tmp_path: Path) -> None:
    found = asked(tmp_path, "http://127.0.0.1:9")
    assert found["release"] == found["backup"] == found["level"] == ""


def test_all_are_well_and_what_differs_is_marked(tmp_path: Path) -> None:
    page = tmp_path / "fleet.html"
    other = WELL | {"release": "0.1.0-old-2", "level": "warning", "findings": ["disk: <nearly> full"]}
    status, text = made({"one": WELL, "two": WELL, "three": other}, page)
    assert status == 0
    lines = text.splitlines()
    assert "0.1.0-old-2*" in lines[3]
    assert "0.1.0-abc-1 " in lines[1]
    assert "*" not in lines[1]
    assert lines[4] == "three: disk: <nearly> full"
    written = page.read_text("utf-8")
    assert '<td class="other">0.1.0-old-2</td>' in written
    assert '<td class="warn">warning</td>' in written
    assert "disk: &lt;nearly&gt; full" in written
    assert "<nearly>" not in written


@pytest.mark.parametrize("said", [None, WELL | {"ready": "no: model"}, WELL | {"level": "error"}, WELL | {"level": ""}])
def test_a_server_in_trouble_makes_it_red(said: dict[str, Any] | None, tmp_path: Path) -> None:
    page = tmp_path / "fleet.html"
    status, text = made({"one": WELL, "two": said}, page)
    assert status == 1
    assert 'class="bad"' in page.read_text("utf-8")
    assert ("does not answer" in text) is (said is None)


def test_the_page_says_when_it_was_made(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    made({"one": WELL}, tmp_path / "fleet.html")
    assert f"{before:%Y-%m-%d %H:}" in (tmp_path / "fleet.html").read_text("utf-8")


def test_the_playbook_asks_all_and_names_the_silent_one(tmp_path: Path) -> None:
    """By Ansible itself: two servers that are this machine, and one that nobody listens for."""
    book = (ROOT / "playbooks/fleet.yml").read_text("utf-8").replace("- name: Find the login that works\n  import_playbook: login.yml\n", "").replace("become: true", "become: false").replace("playbook_dir", f"'{ROOT}/playbooks'")  # fmt: skip
    (tmp_path / "fleet.yml").write_text(book)
    (tmp_path / "hosts.yml").write_text(
        "machines:\n  hosts:\n    here: {ansible_connection: local}\n    there: {ansible_connection: local}\n"
        f"    gone: {{ansible_host: 127.0.0.1, ansible_port: 9}}\n  vars: {{ansible_python_interpreter: {sys.executable}}}\n"
    )
    typed = tmp_path / "typed"
    typed.mkdir()
    run = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(tmp_path / "hosts.yml")]
    done = subprocess.run(
        [*run, str(tmp_path / "fleet.yml"), "-e", "fleet_page=page.html"],
        cwd=typed,
        env=clean_environment(ANSIBLE_CONFIG=str(ROOT / "ansible.cfg")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    page = (typed / "page.html").read_text("utf-8")
    assert page.count("<tr><th>here</th>") == page.count("<tr><th>there</th>") == 1
    assert '<tr><th>gone</th><td colspan="11" class="bad">does not answer</td>' in page
    assert "A server does not answer, does not serve or has an error" in done.stdout + done.stderr
