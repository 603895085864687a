"""A disposable server of the tests, and Ansible's own commands against it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tests" / "host" / "testhost"
CACHE = Path(os.environ.get("TESTHOST_CACHE", "/var/tmp/testhost"))


@dataclass(frozen=True)
class Play:
    """What one run of ansible-playbook said. `recap` counts ok, changed, unreachable, failed, skipped, rescued, ignored."""

    status: int
    output: str

    @property
    def recap(self) -> Mapping[str, int]:
        line = re.findall(r"^testhost\s+:(.*)$", self.output, re.MULTILINE)
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line[-1])} if line else {}

    @property
    def changed(self) -> list[str]:
        """Names of the tasks that changed something."""
        parts = re.split(r"^(?:TASK|RUNNING HANDLER) \[(.*)\] \**$", self.output, flags=re.MULTILINE)
        pairs = zip(parts[1::2], parts[2::2], strict=True)
        return [name for name, text in pairs if re.search(r"^changed: \[testhost\]", text, re.MULTILINE)]

    @property
    def one_line(self) -> str:
        """The output with every run of white space as one blank: messages are folded at any place."""
        return " ".join(self.output.split())


@dataclass
class Host:
    """Host `name` at 10.213.`number`.2. `exec` is its console, which works when SSH is closed."""

    name: str
    number: int
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"10.213.{self.number}.2"

    @property
    def address6(self) -> str:
        return f"fd00:213:{self.number}::2"

    @property
    def stranger(self) -> str:
        """An address of this machine that is neither an operator's nor on the allowlist."""
        return f"10.213.{self.number}.66"

    @property
    def stranger6(self) -> str:
        return f"fd00:213:{self.number}::66"

    @property
    def up(self) -> bool:
        return (CACHE / "hosts" / self.name).exists()

    def tool(self, *arguments: str) -> str:
        """Run tests/host/testhost; raises CalledProcessError with its output."""
        return run([str(TOOL), *arguments]).stdout

    def start(self, *layers: str) -> "Host":
        self.tool("up", self.name, str(self.number), *layers)
        return self

    def stop(self) -> None:
        self.tool("down", self.name)

    def exec(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run([str(TOOL), "exec", self.name, *command], check=check)

    def read(self, *command: str) -> str:
        return self.exec(*command).stdout.strip()

    def sh(self, script: str, check: bool = True) -> str:
        return self.exec("sh", "-c", script, check=check).stdout.strip()

    def ssh(self, user: str, *command: str, options: Iterable[str] = ()) -> subprocess.CompletedProcess[str]:
        """Log in afresh with the tests' key, asking nothing. A connection that is cut off silently ends with 124."""
        pinned = ["IdentitiesOnly=yes", f"UserKnownHostsFile={CACHE}/known_hosts.{self.number}", "BatchMode=yes"]
        words = [word for option in [*pinned, "ConnectTimeout=4", *options] for word in ("-o", option)]
        return run(
            ["timeout", "20", "ssh", "-i", str(CACHE / "id_ed25519"), *words, f"{user}@{self.address}", *command],
            check=False,
        )

    def play(self, playbook: str = "site.yml", *arguments: str, **variables: Any) -> Play:
        """ansible-playbook -i inventory/testhost PLAYBOOK, with `variables` set above the inventory's."""
        extra = ["-e", json.dumps(self.variables | variables)] if self.variables or variables else []
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory/testhost", playbook]
        done = run([*command, *extra, *arguments], check=False, environment={"TESTHOST_NUMBER": str(self.number)})
        return Play(done.returncode, done.stdout + done.stderr)

    def snapshot(self) -> str:
        """A line per file of the server's settings: what a run that stops in validate must leave as it is."""
        return self.sh(
            "find /etc /usr/local /opt /var/lib/dpkg/status -xdev -type f -printf '%p %s %T@ %m %u\\n' | sort"
        )


def run(
    command: list[str], check: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run in the repository's root without colours; with `check`, a failure carries the output in its message."""
    # The directory of the interpreter comes first: ansible-playbook finds its helpers by name.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done
