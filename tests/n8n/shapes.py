"""Webhook bodies as WAHA and Meta send them: the fields of their documentation, with the data of a test."""

import hashlib
import hmac
import json
import time
from typing import Any

Body = dict[str, Any]
APP_SECRET = "the app secret of a test"
VERIFY_TOKEN = "the verify token of a test"
HOOK_KEY = "the key that WAHA sends with its webhooks"


def waha(
    user: str, text: str, message_id: str, *, session: str = "BOT_7000", event: str = "message", **more: Any
) -> Body:
    """WAHA's event of one message. `more` goes into the payload: fromMe, hasMedia, media, another `from`."""
    payload = {
        "id": message_id,
        "timestamp": int(time.time()),
        "from": f"{user}@c.us",
        "fromMe": False,
        "to": "77010000000@c.us",
        "body": text,
        "hasMedia": False,
        "ack": 1,
    }
    return {"id": f"evt_{message_id}", "event": event, "session": session, "engine": "WEBJS", "payload": payload | more}


def cloud(*messages: Body, phone: str = "106540352242922") -> Body:
    """WhatsApp Cloud API: one notification with any number of messages."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "77010000000", "phone_number_id": phone},
        "contacts": [{"profile": {"name": "Айгуль"}} | _contact(message) for message in messages],
        "messages": list(messages),
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"value": value, "field": "messages"}]}],
    }


def _contact(message: Body) -> Body:
    return {"wa_id": message["from"]} if "from" in message else {"user_id": message["from_user_id"]}


def cloud_message(user: str, message_id: str, kind: str = "text", **part: Any) -> Body:
    """One message of the Cloud API; `part` is the object named after its kind."""
    return {"from": user, "id": message_id, "timestamp": str(int(time.time())), "type": kind, kind: part}


def hidden(user_id: str, message_id: str, body: str) -> Body:
    """A message of somebody who hides the number behind a name: Meta gives an id of this business alone."""
    message = cloud_message("", message_id, body=body)
    del message["from"]
    return message | {"from_user_id": user_id}


def cloud_status(user: str) -> Body:
    """A delivery report: nobody wrote anything."""
    body = cloud()
    value = body["entry"][0]["changes"][0]["value"]
    del value["messages"], value["contacts"]
    value["statuses"] = [{"id": "wamid.status", "status": "read", "timestamp": "1770801587", "recipient_id": user}]
    return body


def instagram(user: str, message: Body, *, account: str = "17841400000000000") -> Body:
    """Instagram messaging: one event."""
    event = {
        "sender": {"id": user},
        "recipient": {"id": account},
        "timestamp": int(time.time() * 1000),
        "message": message,
    }
    return {"object": "instagram", "entry": [{"id": account, "time": event["timestamp"], "messaging": [event]}]}


def signed(body: Body, secret: str = APP_SECRET) -> tuple[bytes, dict[str, str]]:
    """The bytes of `body` and the headers with Meta's signature of just these bytes."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest}"}
