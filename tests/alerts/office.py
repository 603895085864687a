"""The programs that tell, as the role configures them, without a server: Prometheus, Alertmanager, what signs, and a server's
figures that a test sets. Times are those of the role divided: a hold of minutes is three seconds here."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.alerts.receivers import CHAT, TOKEN, Receivers
from tests.operations import rendering
from tests.operations.rendering import ROOT

FILES = ROOT / "roles/monitor/files"
PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
SECRET = "a secret of a test with forty characters".replace(" ", "-")
HOST = "bot.example.com"
PAGES = "https://git.example.com/ops/machine/docs/runbooks"

WELL_SERVICE = {"machine_model_up": 1, 'machine_gpu_up{gpu="0"}': 1, 'machine_knowledge_sections{bot="default"}': 9}
WELL_SERVER = {
    'node_filesystem_avail_bytes{fstype="ext4",mountpoint="/"}': 50,
    'node_filesystem_size_bytes{fstype="ext4",mountpoint="/"}': 100,
    "node_memory_MemAvailable_bytes": 50,
    "node_memory_MemTotal_bytes": 100,
    "node_timex_sync_status": 1,
    "sales_machine_doctor_level": 0,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing() -> str:
    """What this machine lacks, and the remedy; empty for nothing."""
    lacking = [name for name in PROGRAMS if not shutil.which(name)]
    packages = "prometheus prometheus-alertmanager"
    return f"{', '.join(lacking)} missing (Debian, Ubuntu: apt install {packages})" if lacking else ""


class Figures:
    """One target of Prometheus. `values`: series to value; `up`: whether it answers."""

    def __init__(self, values: dict[str, float]) -> None:
        self.values, self.up = dict(values), True
        figures = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if figures.up else 503)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write("".join(f"{key} {value}\n" for key, value in figures.all().items()).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def all(self) -> dict[str, float]:
        if not any(key.startswith("node_") for key in self.values):
            return self.values
        fresh = {f"sales_machine_{name}_timestamp_seconds": time.time() for name in ("doctor_run", "backup")}
        return fresh | self.values


class Office:
    """Everything of one server that tells, running. `variables`: of the role, besides those of every receiver."""

    def __init__(self, folder: Path, receivers: Receivers, **variables: Any) -> None:
        self.folder, self.receivers = folder, receivers
        self.service, self.server = Figures(WELL_SERVICE), Figures(WELL_SERVER)
        self.manager, self.prometheus = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self._door = socket.create_server(("127.0.0.1", 0))
        self._processes: list[subprocess.Popen[bytes]] = []
        self.variables = {
            "monitor_name": HOST,
            "monitor_telegram_api": receivers.url,
            "monitor_telegram_token": TOKEN,
            "monitor_telegram_chats": [CHAT],
            "monitor_mail_to": ["ops@example.com", "owner@example.com"],
            "monitor_mail_from": "machine@example.com",
            "monitor_mail_server": receivers.mail,
            "monitor_mail_encrypted": False,
            "monitor_slack_url": f"{receivers.url}/slack",
            "monitor_webhook_url": f"{receivers.url}/webhook",
            "monitor_webhook_secret": SECRET,
            "monitor_heartbeat_url": f"{receivers.url}/heartbeat",
            "monitor_heartbeat_every": "2s",
            "monitor_group_wait": "1s",
            "monitor_group_interval": "1s",
            "monitor_patience": "8s",
            "monitor_runbook_url": PAGES,
            "monitor_service": self.service.address,
            "monitor_node_address": self.server.address,
            "monitor_alertmanager_address": self.manager,
            "monitor_prometheus_address": self.prometheus,
            "monitor_sign_address": f"127.0.0.1:{self._door.getsockname()[1]}",
        } | variables

    def __enter__(self) -> "Office":
        for name in ("webhook_url", "webhook_secret"):
            (self.folder / name).write_text(f"{self.variables[f'monitor_{name}']}\n")
        self._configure()
        threading.Thread(target=self._sign, daemon=True).start()
        try:
            self.start_manager()
            data = ["--storage.tsdb.path", str(self.folder / "prometheus"), "--web.listen-address", self.prometheus]
            data += ["--rules.alert.resend-delay", "5s"]  # a minute in service: what is said again must be no news
            self._begin("prometheus", "--config.file", str(self.folder / "prometheus.yml"), *data)
            self.until(lambda: self._answers(self.prometheus) and self._sees_all(), "Prometheus reads and tells")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)
        for figures in (self.service, self.server):
            figures.server.shutdown()
            figures.server.server_close()

    def start_manager(self) -> None:
        """As its unit does."""
        command = (self.folder / "monitor.alertmanager.conf").read_text("utf-8")
        (line,) = re.findall(r"^ExecStart=(/.*)$", command, re.MULTILINE)
        line = line.replace("${CREDENTIALS_DIRECTORY}", str(self.folder))
        line = line.replace("/var/lib/sales-machine-alertmanager", str(self.folder / "manager"))
        self._manager = self._begin(*line.split()[0].split("/")[-1:], *line.split()[1:])
        self.until(lambda: self._answers(self.manager), "Alertmanager is ready")

    def stop_manager(self) -> None:
        self._manager.terminate()
        self._manager.wait(20)

    def until(self, met: Callable[[], object], what: str, seconds: float = 20) -> None:
        """Waits; raises AssertionError with the logs' ends."""
        end = time.monotonic() + seconds
        while not met():
            if time.monotonic() > end:
                logs = [path.read_text("utf-8")[-1500:] for path in self.folder.glob("*.log")]
                raise AssertionError(f"not within {seconds} s: {what}\n" + "\n".join(logs))
            time.sleep(0.05)

    def standing(self) -> set[str]:
        """The names of what Alertmanager holds for true."""
        with urllib.request.urlopen(f"http://{self.manager}/api/v2/alerts", timeout=5) as reply:
            return {alert["labels"]["alertname"] for alert in json.load(reply)}

    def mend(self) -> None:
        """All is well again, and the doctor has seen it."""
        self.service.values, self.server.values = dict(WELL_SERVICE), dict(WELL_SERVER)
        self.service.up = self.server.up = True
        assert self.watch() == 0

    def watch(self, *arguments: str, report: dict[str, Any] | None = None, units: str = "") -> int:
        """One call of `watch`, `doctor` unless `arguments` say otherwise, with what the doctor and systemd would say."""
        (self.folder / "report").write_text(json.dumps(report or {"level": "ok", "checks": []}))
        (self.folder / "units").write_text(units)
        environment = {
            "PATH": os.environ["PATH"],
            "WATCH_DOCTOR": f"cat {self.folder}/report",
            "WATCH_UNITS": f"cat {self.folder}/units",
            "WATCH_STATE": str(self.folder / "state.json"),
            "WATCH_ALERTMANAGERS": self.manager,
            "WATCH_HOST": HOST,
            "WATCH_RUNBOOKS": PAGES,
        }
        return self.run([str(FILES / "watch.py"), *(arguments or ["doctor"])], environment).returncode

    def run(self, command: list[str], environment: dict[str, str], given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def _configure(self) -> None:
        rendering.render(self.folder, self.variables, only="monitor")
        for name in ("alertmanager", "prometheus", "rules"):
            text = (self.folder / f"monitor.{name}.yml").read_text("utf-8")
            text = text.replace("/etc/sales-machine/monitoring/alerts.tmpl", str(FILES / "alerts.tmpl"))
            text = re.sub(r"_interval: 15s", "_interval: 1s", text)
            text = re.sub(r"for: [1-9]\w+", "for: 3s", text)
            # What is not there counts as old, and in its first seconds Prometheus has read nothing.
            text = re.sub(r"(absent\(.*\n +for: )3s", r"\g<1>9s", text)
            (self.folder / f"{name}.yml").write_text(text, "utf-8")

    def _begin(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{program}.log").open("ab") as log:
            process = subprocess.Popen([program, *arguments], stdout=log, stderr=log, cwd=self.folder)
        self._processes.append(process)
        return process

    def _answers(self, address: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def _sees_all(self) -> bool:
        """Whether it has read each of its targets and found Alertmanager, which takes some seconds."""
        with urllib.request.urlopen(f"http://{self.prometheus}/api/v1/query?query=up", timeout=2) as reply:
            read = json.load(reply)["data"]["result"]
        with urllib.request.urlopen(f"http://{self.prometheus}/api/v1/alertmanagers", timeout=2) as reply:
            return len(read) == 3 and bool(json.load(reply)["data"]["activeAlertmanagers"])

    def _sign(self) -> None:
        """What systemd does for sales-machine-sign.socket: a process for each connection, which is its standard input."""
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            with connection:
                environment = {"PATH": os.environ["PATH"], "CREDENTIALS_DIRECTORY": str(self.folder)}
                subprocess.run([sys.executable, str(FILES / "sign.py")], stdin=connection, env=environment, check=False)
