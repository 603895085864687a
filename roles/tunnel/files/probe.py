"""What an end of the tunnel on this server answers to which key, by handshakes with a key made for that. As root.

Reads one JSON object from standard input: {"userspace", "ask": [{"interface", "port", "key", "answers"}]}. A probe is
made known to `interface` and knocks at 127.0.0.1:port as if the public key `key` answered there; `userspace` is the
program that makes interfaces where the kernel cannot, or empty. Standard output is {"well", "seen"}, `seen` as `ask`
with what was found. Exit status 1: an answer where none should be, or none where one should be. The probe is removed.
"""

import json
import subprocess
import sys
import time

PROBE = "wg-probe"
# A handshake that stays unanswered is repeated after 5 s: two tries. One that is answered takes milliseconds.
PATIENCE_S = 8.0


def run(*command: str, given: str = "") -> str:
    """Standard output; raises CalledProcessError."""
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout.strip()


def make(userspace: str) -> None:
    remove()
    if userspace:
        subprocess.run([userspace, PROBE], capture_output=True, check=True)
    else:
        run("ip", "link", "add", PROBE, "type", "wireguard")


def remove() -> None:
    subprocess.run(["ip", "link", "del", PROBE], capture_output=True, check=False)


def answers(userspace: str, private: str, port: int, key: str) -> bool:
    """Whether a handshake with `key` at this port completes. Each one from a new interface: no session is left over."""
    make(userspace)
    try:
        run("wg", "set", PROBE, "private-key", "/dev/stdin", given=private)
        run("wg", "set", PROBE, "peer", key, "endpoint", f"127.0.0.1:{port}", "persistent-keepalive", "1")
        run("ip", "link", "set", PROBE, "up")
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if not run("wg", "show", PROBE, "latest-handshakes").endswith("\t0"):
                return True
            time.sleep(0.1)
        return False
    finally:
        remove()


def main() -> None:
    plan = json.load(sys.stdin)
    private = run("wg", "genkey")
    public = run("wg", "pubkey", given=private)
    known = sorted({each["interface"] for each in plan["ask"]})
    try:
        for interface in known:
            run("wg", "set", interface, "peer", public)  # no addresses: it may shake hands and send nothing
        seen = [
            each | {"answers": answers(plan["userspace"], private, each["port"], each["key"])} for each in plan["ask"]
        ]
    finally:
        for interface in known:
            run("wg", "set", interface, "peer", public, "remove")
    well = seen == plan["ask"]
    print(json.dumps({"well": well, "seen": seen}))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
