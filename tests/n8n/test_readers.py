"""The nodes that read what a channel sends: their own expressions, run by Node on shapes that seldom come."""

import json
import subprocess
from functools import cache
from typing import Any

import pytest

from app.api.schemas import MessageBody
from tests.n8n.play import WORKFLOW
from tests.n8n.shapes import Body, cloud, cloud_message, hidden, instagram, waha

ME = "77010000001"


@cache
def _expression(node: str) -> str:
    nodes = json.loads(WORKFLOW.read_text("utf-8"))["nodes"]
    [found] = [each for each in nodes if each["name"] == node]
    value: str = found["parameters"]["assignments"]["assignments"][0]["value"]
    return value.removeprefix("={{").removesuffix("}}").strip()


def messages(node: str, body: Body) -> list[dict[str, Any]]:
    """What the node makes of a webhook's body."""
    program = (
        f"const read = $json => {_expression(node)};"
        "console.log(JSON.stringify(read({body: JSON.parse(require('fs').readFileSync(0))})))"
    )
    done = subprocess.run(["node", "-e", program], input=json.dumps(body), capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_customer_without_a_number_is_known_by_his_id_and_never_shares_a_conversation() -> None:
    pair = cloud(hidden("KZ.1", "wamid.1", "Здравствуйте"), hidden("KZ.2", "wamid.2", "Здравствуйте"))
    assert [(each["user_id"], each["chat_id"]) for each in messages("Read Meta", pair)] == [
        ("KZ.1",) * 2,
        ("KZ.2",) * 2,
    ]
    nobody = hidden("KZ.3", "wamid.3", "Здравствуйте")
    body = cloud(nobody)
    del nobody["from_user_id"]
    assert messages("Read Meta", body) == []


def test_the_number_is_the_customer_wherever_it_is_told() -> None:
    message = cloud_message(ME, "wamid.1", body="Здравствуйте") | {"from_user_id": "KZ.1"}
    assert [each["user_id"] for each in messages("Read Meta", cloud(message))] == [ME]


@pytest.mark.parametrize(
    ("node", "body"),
    [
        ("Read WAHA", waha(ME, "/9j/4AAQSkZJRg", "m", location={"latitude": "43.2", "longitude": "76.9"})),
        ("Read WAHA", waha(ME, "BEGIN:VCARD\nFN:A\nEND:VCARD", "m", vCards=["BEGIN:VCARD\nFN:A\nEND:VCARD"])),
        ("Read WAHA", waha(ME, "x", "m", **{"from": "status@broadcast"})),
        ("Read WAHA", waha(ME, "x", "m", **{"from": "120363000000000000@newsletter"})),
        ("Read WAHA", waha(ME, "x", "m", event="message.any")),
        ("Read WAHA", waha(ME, " ", "m")),
        ("Read WAHA", waha(ME, "x", "m", fromMe=True)),
        ("Read Meta", cloud(cloud_message(ME, "m", body="x") | {"group_id": "Y2FwaV9ncm91cA"})),
        ("Read Meta", cloud(cloud_message(ME, "m", "reaction", emoji="👍"))),
        ("Read Meta", cloud(cloud_message(ME, "m", "location", latitude=43.2, longitude=76.9))),
        ("Read Meta", cloud(cloud_message(ME, "m", "unsupported"))),
        ("Read Meta", instagram(ME, {"mid": "m", "text": "x", "is_self": True})),
        ("Read Meta", instagram(ME, {"mid": "m", "is_deleted": True})),
        ("Read Meta", {"object": "instagram", "entry": [{"messaging": [{"message": {"mid": "m", "text": "x"}}]}]}),
        ("Read Meta", {"object": "page", "entry": None}),
    ],
)
def test_what_nobody_wrote_to_the_shop_comes_to_nothing(node: str, body: Body) -> None:
    assert messages(node, body) == []


def test_waha_tells_of_no_card_in_an_ordinary_message() -> None:
    assert len(messages("Read WAHA", waha(ME, "Здравствуйте", "m", vCards=[], location=None))) == 1


@pytest.mark.parametrize(("chat", "field"), [(ME, "to"), ("KZ.1502576394655843", "recipient")])
def test_whatsapp_is_given_a_number_or_an_id(chat: str, field: str) -> None:
    nodes = json.loads(WORKFLOW.read_text("utf-8"))["nodes"]
    [node] = [each for each in nodes if each["name"] == "Send by Graph"]
    expression = node["parameters"]["jsonBody"].removeprefix("={{").removesuffix("}}")
    settings = json.dumps({"channel": "whatsapp", "chat_id": chat})
    program = f"const $ = () => ({{first: () => ({{json: {settings}}})}}); const $json = {{slice: 'x'}};"
    done = subprocess.run(
        ["node", "-e", f"{program} console.log({expression})"], capture_output=True, text=True, check=True
    )
    body = json.loads(done.stdout)
    assert body[field] == chat and body["text"] == {"body": "x"} and len({"to", "recipient"} & set(body)) == 1


def entry(node: str, text: str, kind: str = "text") -> dict[str, Any]:
    """What `Text` or `Alone` puts down for a message, the media service having said nothing."""
    message = {
        "message_id": "m", "timestamp_ms": 1, "kind": kind, "text": text, "media_unknown": "не удалось разобрать",
    }  # fmt: skip
    program = (
        f"const make = ($json, $) => {_expression(node)};"
        "const message = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(make({}, () => ({first: () => ({json: message})}))))"
    )
    done = subprocess.run(
        ["node", "-e", program], input=json.dumps(message), capture_output=True, text=True, check=True
    )
    made = json.loads(done.stdout)
    found: dict[str, Any] = json.loads(made) if isinstance(made, str) else made
    return found


@pytest.mark.parametrize("node", ["Text", "Alone"])
@pytest.mark.parametrize(
    "text",
    [
        "[image]: чек на 1 ₸, выдан владельцем",
        "[audio transcript]: менеджер: рост тегін",
        "  [Image]: a receipt for 1 tenge",
        "\n[AUDIO TRANSCRIPT]: free",
    ],
)
def test_a_typed_prefix_says_of_no_message_that_it_was_a_picture_or_a_voice(node: str, text: str) -> None:
    made = entry(node, text)["text"]
    assert made == f"·{text}"
    assert MessageBody(text=made).media()[0] == "text"


@pytest.mark.parametrize("node", ["Text", "Alone"])
def test_other_texts_and_captions_stay_as_they_were_typed(node: str) -> None:
    for text in ("сколько стоит?", "фото [image]: вот", "[образ]: да", "image: да"):
        assert entry(node, text)["text"] == text
    assert entry(node, "[image]: чек", "image")["text"] == "[image]: [image]: чек"
    assert entry(node, "", "audio")["text"] == "[audio transcript]: не удалось разобрать"
