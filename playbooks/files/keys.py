"""Changes the service's API keys, one at a time, and proves what a key is worth. Standard library only, as root.

    keys.py add       a second key below the first, unless there are two already
    keys.py retire    only the newest key stays; the retired ones go to /run for `prove`
    keys.py restore   the file as it was before the last change
    keys.py prove     asks the service with every key in the file and with every retired one
    keys.py forget    removes what was kept for the way back

Standard output is one JSON object without any key in it. Exit status 1: a key is not worth what it should be.
"""

import json
import os
import secrets
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

KEYS = Path("/etc/sales-machine/api_keys")
BEFORE = Path("/run/sales-machine-rotate/api_keys.before")
URL = "http://127.0.0.1:8000/api/v1/process"
HEAD = "# One API key per line, at most two: see docs/operation.md\n"
MOST = 2
WELCOME = (400, 422)  # the request was read, so its key was accepted


def read(path: Path) -> list[str]:
    """The keys of a file, oldest first; none when it does not exist."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def put(path: Path, content: str) -> None:
    """Writes for root alone, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def change(keys: list[str]) -> None:
    put(BEFORE, KEYS.read_text("utf-8"))
    put(KEYS, HEAD + "".join(f"{key}\n" for key in keys))


def status(key: str) -> int:
    """What the service says to a request that no turn can come of: 401, or for a valid key that a field is missing."""
    request = urllib.request.Request(URL, b"{}", {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def prove() -> dict[str, object]:
    keys = read(KEYS)
    valid = [status(key) for key in keys]
    retired = [status(key) for key in read(BEFORE) if key not in keys]
    strange = status(secrets.token_urlsafe(32))  # else a service that lets everybody in would pass
    well = all(code in WELCOME for code in valid) and all(code == 401 for code in [*retired, strange])
    return {"well": well, "valid": valid, "retired": retired, "unknown": strange}


def act(command: str) -> dict[str, object]:
    keys = read(KEYS)
    if command in ("add", "retire"):
        BEFORE.unlink(missing_ok=True)  # left by a run that was cut off; it is no way back from this change
    if command == "add" and len(keys) < MOST:
        change([*keys, secrets.token_urlsafe(32)])
        return {"written": True, "keys": len(keys) + 1}
    if command == "retire" and len(keys) > 1:
        change(keys[-1:])
        return {"written": True, "keys": 1}
    if command == "restore" and BEFORE.exists():
        put(KEYS, BEFORE.read_text("utf-8"))
        return {"written": True, "keys": len(read(KEYS))}
    if command == "forget":
        BEFORE.unlink(missing_ok=True)
    return {"written": False, "keys": len(keys)}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) == 2 else ""
    if command not in ("add", "retire", "restore", "prove", "forget"):
        sys.exit(str(__doc__))
    result = prove() if command == "prove" else act(command)
    print(json.dumps(result))
    sys.exit(0 if result.get("well", True) else 1)


if __name__ == "__main__":
    main()
