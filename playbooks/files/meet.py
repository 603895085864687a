"""Waits until a server shows an SSH host key that is known to be its, and says it as lines of known_hosts.

Reads one JSON object from standard input: {host, port, keys, seconds}. `keys` are fingerprints (MD5 with colons, as the
provider's web service has them, or SHA256:..., as ssh shows them) or whole public keys. Writes {"known": [line, ...],
"seen": [fingerprint, ...]}: the lines of what matched, and all that was shown last. Exit status 1: nothing matched in
time. Standard library alone.
"""

import base64
import hashlib
import json
import subprocess
import sys
import time

PAUSE_S = 2


def fingerprints(blob: bytes) -> tuple[str, str]:
    """Those of a public key, MD5 and SHA256, as OpenSSH writes them."""
    md5 = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return ":".join(md5[at : at + 2] for at in range(0, len(md5), 2)), f"SHA256:{sha256}"


def shown(host: str, port: int) -> list[str]:
    """The keys that a server shows now, as lines of known_hosts; none when it does not answer."""
    command = ["ssh-keyscan", "-T", "5", "-t", "ed25519,ecdsa,rsa", "-p", str(port), "--", host]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if len(line.split()) == 3 and not line.startswith("#")]


def matches(line: str, wanted: list[str]) -> bool:
    kind, blob = line.split()[1:]
    md5, sha256 = fingerprints(base64.b64decode(blob))
    return any(each in (sha256, f"{kind} {blob}") or each.lower().removeprefix("md5:") == md5 for each in wanted)


def main() -> None:
    asked = json.load(sys.stdin)
    wanted = [" ".join(each.split()[:2]) for each in asked["keys"]]
    until = time.monotonic() + asked["seconds"]
    while True:
        lines = shown(asked["host"], asked["port"])
        known = [line for line in lines if matches(line, wanted)]
        if known or time.monotonic() >= until:
            break
        time.sleep(PAUSE_S)
    seen = [f"{line.split()[1]} {fingerprints(base64.b64decode(line.split()[2]))[1]}" for line in lines]
    print(json.dumps({"known": known, "seen": seen}))
    sys.exit(0 if known else 1)


if __name__ == "__main__":
    main()
