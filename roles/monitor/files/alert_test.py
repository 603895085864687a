#!/usr/bin/env python3
"""Sends a test alert to every receiver and says which took it, as one JSON object: receiver to "" or why not.

    alert-test ALERTMANAGER RECEIVER[=MESSAGES]... [< JSON]

ALERTMANAGER is HOST:PORT; MESSAGES (1) is how many it gets, one a chat. telegram, email and slack are asked through
Alertmanager, whose counters tell what became of it; webhook through what signs for it, and heartbeat itself, at the
URLs {"webhook": ..., "heartbeat": ...} of standard input. ALERT_TEST_LOG is a command that prints Alertmanager's
journal, ALERT_TEST_HOST the server's name. Standard library alone.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

LIMIT_S = float(os.environ.get("ALERT_TEST_LIMIT_S", "40"))
CALL_LIMIT_S = 20
LOG = "journalctl -u prometheus-alertmanager -o cat -n 200 --no-pager"
THROUGH = ("telegram", "email", "slack")
Counts = dict[str, float]


def main(manager: str, receivers: dict[str, int], urls: dict[str, str]) -> dict[str, str]:
    run = f"{time.time():.0f}"
    now = datetime.now(UTC)
    alert: dict[str, object] = {
        "labels": {
            "alertname": "AlertTest",
            "severity": "none",
            "run": run,
            "host": os.environ.get("ALERT_TEST_HOST", ""),
        },
        "annotations": {"summary": "A test: whoever reads this is told of trouble."},
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=2)).isoformat(),
    }
    wanted = {name: messages for name, messages in receivers.items() if name in THROUGH}
    found = through(manager, wanted, alert) if wanted else {}
    alert["status"] = "firing"
    for name, url in urls.items():
        found[name] = call(url, {"receiver": "test", "status": "firing", "version": "4", "alerts": [alert]})
    return {each: found.get(each, "not known") for each in receivers}


def through(manager: str, wanted: dict[str, int], alert: dict[str, object]) -> dict[str, str]:
    """What became of it in Alertmanager, which tries again for a while what fails."""
    before = counts(manager)
    refused = call(f"http://{manager}/api/v2/alerts", [alert])
    if refused:
        return dict.fromkeys(wanted, f"Alertmanager did not take it: {refused}")
    end = time.monotonic() + LIMIT_S
    missing = list(wanted)
    while missing and time.monotonic() < end:
        time.sleep(0.5)
        now = counts(manager)
        missing = [name for name in wanted if now.get(name, 0) - before.get(name, 0) < wanted[name]]
    return {each: reason(each) if each in missing else "" for each in wanted}


def counts(manager: str) -> Counts:
    """Messages that each kind of receiver took since Alertmanager started, at least.

    What failed is counted a look later: an attempt that ends between the two counters would else pass for a success.
    """
    tried, failed = requests(manager, ""), requests(manager, "_failed")
    return {name: value - failed.get(name, 0) for name, value in tried.items()}


def requests(manager: str, kind: str) -> Counts:
    with urllib.request.urlopen(f"http://{manager}/metrics", timeout=CALL_LIMIT_S) as reply:  # nosec B310 - HOST:PORT
        text = reply.read().decode()
    pattern = rf'^alertmanager_notification_requests{kind}_total\{{[^}}]*integration="(\w+)"[^}}]*\}} (\S+)$'
    found: Counts = {}
    for name, value in re.findall(pattern, text, re.MULTILINE):
        found[name] = found.get(name, 0) + float(value)
    return found


def reason(receiver: str) -> str:
    """What the journal says of it last, without addresses, which may be secrets."""
    command = shlex.split(os.environ.get("ALERT_TEST_LOG", LOG))
    log = subprocess.run(command, capture_output=True, text=True, timeout=CALL_LIMIT_S, check=False).stdout
    said = [line for line in log.splitlines() if f"{receiver}[" in line and "err=" in line]
    told = said[-1].split("err=", 1)[1][:300] if said else "nothing came of it, and nothing is in the journal"
    return re.sub(r"(https?://[^/\s\"\\]+)[^\s\"\\]*", r"\1/...", told)


def call(url: str, body: object) -> str:
    """Empty when it was taken, else why not."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=CALL_LIMIT_S):  # nosec B310 - the role took http and https alone
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.reason}"
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(getattr(error, "reason", None) or type(error).__name__)


if __name__ == "__main__":
    given = json.loads(sys.stdin.read() or "{}")
    asked = {name: int(messages or 1) for name, _, messages in (word.partition("=") for word in sys.argv[2:])}
    print(json.dumps(main(sys.argv[1], asked, {name: url for name, url in given.items() if name in asked})))
