"""Where messages arrive in a test: Telegram's Bot API, Slack's incoming webhook, a program of the operator's, an outside
service that waits for a heartbeat, and a mail server. Each is a real server, on loopback unless told otherwise, that keeps what it took."""

import email
import email.policy
import html
import json
import re
import socketserver
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "123456789:AAF-a_token_of_a_test_and_no_other_1"
CHAT = -1001234567
LONGEST_TELEGRAM = 4096


@dataclass(frozen=True)
class Message:
    """`at`: time.monotonic(); `raw`: its bytes; `headers`: by their lower-case names."""

    at: float
    text: str
    raw: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Receivers:
    """`taken` holds, by receiver, what it took; a receiver in `refusing` takes nothing and counts in `refused`. Telegram
    refuses the first message with one of the words in `refuse_once`. `address`: where they listen."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.taken: dict[str, list[Message]] = {
            name: [] for name in ("telegram", "email", "slack", "webhook", "heartbeat")
        }
        self.refusing: set[str] = set()
        self.refused: list[str] = []
        self.refuse_once: set[str] = set()
        receivers = self

        class Web(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                name = {"bot": "telegram"}.get(self.path[1:4], self.path[1:])
                status, reply, text = 200, b"ok", raw.decode()
                if name == "telegram" and (words := [word for word in receivers.refuse_once if word in text]):
                    receivers.refuse_once -= set(words)
                    receivers.refused.append(name)
                    status, reply = 502, b"<html>Bad Gateway</html>"
                elif name in receivers.refusing:
                    receivers.refused.append(name)
                    status, reply = 503, b"{}"
                elif name == "telegram":
                    status, reply, text = bot_api(self.path, json.loads(raw))
                elif name == "slack":
                    (part,) = json.loads(raw)["attachments"]
                    text = f"{part['title']}\n{part['text']}"
                if status == 200:
                    headers = {key.lower(): value for key, value in self.headers.items()}
                    receivers.taken[name].append(Message(time.monotonic(), text, raw, headers))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: Any) -> None:
                pass

        class Mail(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mail_session(self, receivers)

        self._web = ThreadingHTTPServer((address, 0), Web)
        self._mail = socketserver.ThreadingTCPServer((address, 0), Mail)
        self._mail.daemon_threads = True
        self.url = f"http://{address}:{self._web.server_port}"
        self.mail = f"{address}:{self._mail.server_address[1]}"

    def __enter__(self) -> "Receivers":
        for server in (self._web, self._mail):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self._web, self._mail):
            server.shutdown()
            server.server_close()

    def of(self, receiver: str, words: str) -> list[Message]:
        """The messages with these words, in the order of their arrival."""
        return [message for message in list(self.taken[receiver]) if words in message.text]


def bot_api(path: str, body: dict[str, Any]) -> tuple[int, bytes, str]:
    """(status, reply, text) of one call, as Telegram refuses and answers."""

    def refusal(status: int, description: str) -> tuple[int, bytes, str]:
        return status, json.dumps({"ok": False, "error_code": status, "description": description}).encode(), ""

    if path != f"/bot{TOKEN}/sendMessage":
        return refusal(401, "Unauthorized")
    if str(body["chat_id"]) != str(CHAT):
        return refusal(400, "Bad Request: chat not found")
    text = body.get("text", "")
    if not text or len(text) > LONGEST_TELEGRAM:
        return refusal(400, "Bad Request: message text is empty or too long")
    if body.get("parse_mode") == "HTML" and re.search(r"<(?!/?(?:b|i|code|a)\b)|&(?!(?:amp|lt|gt|quot);)", text):
        return refusal(400, "Bad Request: can't parse entities")
    if body.get("parse_mode") == "HTML":
        text = html.unescape(text)
    if body.get("parse_mode") in {"Markdown", "MarkdownV2"}:
        return refusal(400, "Bad Request: can't parse entities: a customer's words are no Markdown")
    chat = {"id": CHAT, "type": "supergroup", "title": "On duty"}
    result = {"message_id": 1, "date": int(time.time()), "chat": chat, "text": text}
    return 200, json.dumps({"ok": True, "result": result}).encode(), text


def mail_session(session: socketserver.StreamRequestHandler, receivers: Receivers) -> None:
    """SMTP as far as a sender needs it (RFC 5321)."""

    def say(line: str) -> None:
        session.wfile.write(f"{line}\r\n".encode())

    say("220 mail.test ESMTP")
    for line in session.rfile:
        word = line.split()[0].upper() if line.strip() else b""
        if word == b"EHLO":
            say("250-mail.test")
            say("250 8BITMIME")
        elif word == b"RCPT" and "email" in receivers.refusing:
            receivers.refused.append("email")
            say("450 not now")
        elif word == b"DATA":
            say("354 go on")
            lines = iter(session.rfile.readline, b".\r\n")
            raw = b"".join(each[1:] if each.startswith(b"..") else each for each in lines)
            parsed = email.message_from_bytes(raw, policy=email.policy.default)
            body = parsed.get_body(("plain",))
            lines_of_it = body.get_content().splitlines() if body else []
            text = "\n".join([parsed["subject"], *lines_of_it])
            headers = {key.lower(): value for key, value in parsed.items()}
            receivers.taken["email"].append(Message(time.monotonic(), text, raw, headers))
            say("250 taken")
        elif word == b"QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")
