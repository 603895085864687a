"""Processes of a run: Redis and n8n, each on a free port of loopback, with everything it keeps in a folder of its own."""

import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.n8n.install import ensure_n8n

# Nothing leaves this machine: no telemetry, no version check, no template or package listings.
_QUIET = {
    "N8N_DIAGNOSTICS_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
    "N8N_TEMPLATES_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
    "N8N_LICENSE_AUTO_RENEW_ENABLED": "false",
    "N8N_DYNAMIC_BANNERS_ENABLED": "false",
    "N8N_HIRING_BANNER_ENABLED": "false",
    "N8N_RUNNERS_ENABLED": "false",  # there is no Code node, so no runner to talk to
    "N8N_EXPRESSION_ENGINE": "legacy",  # the newer one needs Node 22
    "N8N_GRACEFUL_SHUTDOWN_TIMEOUT": "5",  # the run that waits for a Redis which never comes would not end by itself
    "N8N_BLOCK_ENV_ACCESS_IN_NODE": "false",  # the workflow reads META_APP_SECRET and META_VERIFY_TOKEN
}


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Redis:
    """A real Redis that keeps nothing on disk; `password`: empty for none."""

    password: str = ""
    port: int = field(default_factory=free_port)

    def __enter__(self) -> "Redis":
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        command += ["--requirepass", self.password] if self.password else []
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 15
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("redis-server does not listen")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(15)

    def command(self, *words: str) -> bytes:
        """Sends one command and returns the raw reply (up to 64 KiB)."""
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            link.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return link.recv(65536)


@dataclass
class N8n:
    """The real n8n with `workflows` and `credentials` imported by its own commands and activated.

    `home`: an empty folder for its database and log; `environment`: what the workflows read of it.
    """

    home: Path
    workflows: list[dict[str, Any]]
    credentials: list[dict[str, Any]]
    environment: dict[str, str]
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "N8n":
        self._program = ensure_n8n() / "node_modules" / ".bin" / "n8n"
        self._import("credentials", self.credentials)
        self._import("workflow", self.workflows)
        self._command("update:workflow", "--all", "--active=true")
        self._log = (self.home / "n8n.log").open("w")
        self.process = subprocess.Popen(
            [self._program, "start"], env=self._environment(), cwd=self.home, stdout=self._log, stderr=subprocess.STDOUT
        )
        try:
            self._wait_for_webhooks()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self._log.close()

    def log(self) -> str:
        """What n8n printed so far; its end is what explains a failure."""
        return (self.home / "n8n.log").read_text("utf-8")

    def export(self) -> list[dict[str, Any]]:
        """The workflows as n8n itself gives them back, by `n8n export:workflow`."""
        target = self.home / "export.json"
        self._command("export:workflow", "--all", f"--output={target}")
        exported: list[dict[str, Any]] = json.loads(target.read_text("utf-8"))
        return exported

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {
            "N8N_USER_FOLDER": str(self.home),
            "N8N_ENCRYPTION_KEY": "a key of this run alone",
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_PORT": str(self.port),
            "DB_SQLITE_POOL_SIZE": "2",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        return kept | _QUIET | own | self.environment

    def _import(self, kind: str, records: list[dict[str, Any]]) -> None:
        source = self.home / f"{kind}.json"
        source.write_text(json.dumps(records), "utf-8")
        self._command(f"import:{kind}", f"--input={source}")
        source.unlink()

    def _command(self, *arguments: str) -> None:
        done = subprocess.run(
            [self._program, *arguments],
            env=self._environment(),
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"n8n {' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _wait_for_webhooks(self) -> None:
        """Health checks are green before webhooks are registered, so the hooks themselves are asked."""
        paths = [
            node["parameters"]["path"]
            for flow in self.workflows
            for node in flow["nodes"]
            if node["type"].endswith(".webhook") and node["parameters"].get("httpMethod") == "POST"
        ]
        end = time.monotonic() + 120
        for path in paths:
            while not self._registered(path):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"n8n has not registered {path}:\n{self.log()[-3000:]}")
                time.sleep(0.3)

    def _registered(self, path: str) -> bool:
        try:  # PUT is registered by no node: an active path answers with the methods that it knows
            response = httpx.put(f"{self.url}/webhook/{path}", trust_env=False, timeout=5)
        except httpx.TransportError:
            return False
        return response.status_code == 404 and "not registered for PUT" in response.text
