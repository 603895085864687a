"""What a disposable server needs from the world, served on its own bridge: certificates, Ollama's release, Python's packages.

python -m tests.host.services NAME N serves them for host NAME, number N, until it is ended; then
`TESTHOST_NUMBER=N ansible-playbook -i inventory/testhost site.yml` sets that host up, as the tests do.
"""

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from tests.host.downloads import downloads
from tests.host.hosts import CACHE, ROOT, Host, run
from tests.host.ollama_release import Mirror

ACME = ROOT / "tests" / "host" / "acme"
PORT = 8900


class Services:
    """A context manager; while it is open, inventory/testhost finds everything in `services.<number>.json`.

    `releases` serves further releases of Ollama, `root_certificate` is what a caller trusts the server's certificate by. Where the
    variables of the roles are given, nothing but certificates is served.
    """

    releases: Mirror

    def __init__(self, host: Host, given: Mapping[str, Any] | None = None) -> None:
        self._host = host
        self._given = given
        self._open = contextlib.ExitStack()
        self.file = CACHE / f"services.{host.number}.json"
        self.root_certificate = CACHE / f"root.{host.number}.pem"

    def __enter__(self) -> "Services":
        number = str(self._host.number)
        run([str(ACME), "down", number])
        run([str(ACME), "up", number])
        self._open.callback(run, [str(ACME), "down", number])
        run([str(ACME), "trust", self._host.name])
        # Each start makes a new authority: a server that was kept must ask for its certificate again.
        self._host.exec("rm", "-rf", "/etc/letsencrypt")
        self.root_certificate.write_text(run([str(ACME), "root", number]).stdout, "utf-8")
        given = self._given
        if given is None:
            served = self._open.enter_context(downloads(self._host, PORT))
            self.releases, given = served.mirror, served.variables()
        self.file.write_text(json.dumps({**given, "ca_file": str(self.root_certificate)}), "utf-8")
        self._open.callback(self.file.unlink, missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def main() -> None:
    """Serve until interrupted or terminated."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.host.services NAME N")
    host = Host(sys.argv[1], int(sys.argv[2]))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Services(host) as services, contextlib.suppress(KeyboardInterrupt):
        print(f"serving; {services.file}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
