"""What of the messages that arrived tells of one fault: when, how often, again after how long, and that it is over.

Beside the receivers stands an outside service that waits for the server's heartbeat, as healthchecks.io does: when it has
not come for too long it writes to the same chat and the same mailbox, once, and once more when it is heard again.
"""

import json
import re
import smtplib
import threading
import time
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage

from tests.alerts.receivers import CHAT, TOKEN, Message, Receivers

PEOPLE = ("telegram", "email")
MISSED = "HeartbeatMissed"
_LINE = re.compile(r"^([🔴🟡✅]) ([^:\n]+)", re.MULTILINE)


@dataclass(frozen=True)
class Told:
    """What one receiver was told of one fault; times in seconds of time.monotonic()."""

    begun: list[float]
    """Arrival of each message that says that it lasts, reminders included."""
    over: list[float]
    texts: list[str]


def told_of(receivers: Receivers, receiver: str, name: str, since: float) -> Told:
    """`name`: the alert with its labels, as its line begins behind the sign."""
    begun, over, texts = [], [], []
    for message in list(receivers.taken[receiver]):
        if message.at < since:
            continue
        for sign, line in _LINE.findall(message.text):
            if f"{line} ".startswith(f"{name} "):
                (over if sign == "✅" else begun).append(message.at)
                texts.append(message.text)
    return Told(begun, over, texts)


def names(messages: list[Message]) -> set[str]:
    """The alerts that these messages speak of."""
    return {line.strip() for message in messages for _, line in _LINE.findall(message.text)}


class Outside:
    """A service elsewhere that expects a call every `period_s` seconds. A context manager; it begins with the first call."""

    def __init__(self, receivers: Receivers, period_s: float) -> None:
        self._receivers, self._period_s = receivers, period_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Outside":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        missed = False
        while not self._ended.wait(0.5):
            beats = self._receivers.taken["heartbeat"]
            if not beats or (late := time.monotonic() - beats[-1].at > self._period_s) is missed:
                continue
            missed = late
            since = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
            self._say(f"🔴 {MISSED}\nno call since {since} UTC" if late else f"✅ {MISSED}: over since {since} UTC")

    def _say(self, text: str) -> None:
        body = json.dumps({"chat_id": CHAT, "text": text}).encode()
        url = f"{self._receivers.url}/bot{TOKEN}/sendMessage"
        with urllib.request.urlopen(urllib.request.Request(url, body, method="POST"), timeout=10):
            pass
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "outside@example.com", "ops@example.com", "heartbeat"
        mail.set_content(text)
        host, _, port = self._receivers.mail.rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=10) as server:
            server.send_message(mail)
