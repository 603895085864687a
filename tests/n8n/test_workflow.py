"""docs/n8n/sales-machine.json in the real n8n, with a real Redis, against the real service."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.service import KEY, ROOT
from tests.n8n.play import PAGE, WORKFLOW, Run
from tests.n8n.scenarios import FALLBACK, LONG, QUESTION, SCENARIOS, Scenario
from tests.n8n.shapes import VERIFY_TOKEN
from tests.n8n.table import Language, rows

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def said(run: Run, scenario: Scenario) -> str:
    """All that the customer got, slices joined."""
    return " ".join(run.channels.texts(scenario.user))


def request(run: Run, name: str) -> dict[str, Any]:
    [call] = run.line.asked(BY_NAME[name].user)
    return call.body


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_each_scenario_ends_as_promised(run: Run, scenario: Scenario) -> None:
    calls = run.line.asked(scenario.user)
    assert len(calls) == scenario.asked
    assert len({call.body["request_id"] for call in calls}) <= 1, "a retry changed its request_id"
    if scenario.speaks == "nobody":
        assert said(run, scenario) == ""
    elif scenario.speaks == "fallback":
        assert said(run, scenario) == FALLBACK
    else:
        assert scenario.words in said(run, scenario) and FALLBACK not in said(run, scenario)
    assert run.told(scenario.user) == ([FALLBACK] if scenario.told else [])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_person_is_told_of_a_handover_once_by_each_way_and_of_nothing_else(run: Run, scenario: Scenario) -> None:
    told = run.people_told(scenario.user)
    assert [len(messages) for messages in told.values()] == [scenario.people // 2] * 2


def test_who_is_told_of_a_handover_reads_who_it_is_and_what_was_asked(run: Run) -> None:
    (telegram,), (mail,) = run.people_told(BY_NAME["handover"].user).values()
    first, call, *rest = telegram.text.splitlines()
    assert first == "Нужен человек: +77010000128 (whatsapp, BOT_7000)"
    assert call == "https://wa.me/77010000128"
    assert "просит человека" in "\n".join(rest) and "& поскорее_*" in "\n".join(rest)
    assert mail.headers["subject"] == first and mail.headers["to"] == "desk@example.com, owner@example.com"
    assert mail.text.splitlines()[1:3] == [first, call]
    assert "n8n" not in telegram.text + mail.text.lower(), "no advertisement"
    (hidden, _) = run.people_told(BY_NAME["handover-hidden"].user).values()
    assert hidden[0].text.startswith("Нужен человек: KZ.1502576394655844 (whatsapp, ") and "wa.me" not in hidden[0].text


def test_a_person_is_told_at_once_and_the_customer_does_not_wait_for_it(run: Run) -> None:
    for name in ("handover", "handover-away"):
        scenario = BY_NAME[name]
        answered = run.channels.deliveries(scenario.user)[0].at
        (mail,) = run.people_told(scenario.user)["email"]
        assert abs(mail.at - answered) < 5
    (late,) = run.people_told(BY_NAME["handover-away"].user)["telegram"]
    assert late.at > run.channels.deliveries(BY_NAME["handover-away"].user)[0].at, (
        "the answer did not wait for Telegram"
    )


def test_a_handover_of_which_nobody_is_told_is_red_and_says_what_to_fill_in(run: Run) -> None:
    red = [error for error in run.failed_runs() if "nobody is told" in error]
    assert len(red) == 1 and "handover_telegram_chat or handover_mail_to in the node Settings" in red[0]


@pytest.mark.parametrize("name", ["lost", "cut"])
def test_a_retry_gets_the_answer_that_was_lost_and_makes_no_second_turn(run: Run, name: str) -> None:
    user = BY_NAME[name].user
    first, second = run.line.replies[user]
    assert first == second
    assert run.rows("SELECT count(*) FROM turns WHERE user_id = ?", user) == [(1,)]
    assert said(run, BY_NAME[name]).split() == json.loads(first)["answer"].split()


def test_a_burst_is_one_request_in_the_order_of_arrival(run: Run) -> None:
    body = request(run, "burst")
    assert (
        body["message"]["text"]
        == 'Здравствуйте\nу меня магазин "Дос" \\ 2 кассы\nхочу понять\nсколько стоит\nтариф Рост?'
    )
    assert body["context"]["meta"]["merged"] == 5
    [call] = run.line.asked(BY_NAME["burst"].user)
    last = run.started["burst"] + BY_NAME["burst"].sends[-1].after
    assert call.at - last >= 4.5, "the machine was asked before the burst was over"


def test_what_a_crash_left_in_the_buffer_goes_with_the_next_message(run: Run) -> None:
    [call] = run.line.asked("77010000304")
    assert call.body["message"]["text"] == "Здравствуйте\nесть кто?"


def test_the_request_is_the_contracts(run: Run) -> None:
    [call] = run.line.asked(BY_NAME["plain"].user)
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["content-type"].startswith("application/json")
    assert (call.body["channel"], call.body["session_id"], call.body["user_id"]) == (
        "whatsapp",
        "BOT_7000",
        "77010000101",
    )
    assert call.body["message"]["text"] == QUESTION
    assert call.body["message"]["timestamp_ms"] > 1_700_000_000_000
    assert call.body["context"]["timezone"] == "Asia/Almaty"
    assert call.body["context"]["time_of_day"] in {"morning", "day", "evening", "night"}
    assert request(run, "instagram")["channel"] == "instagram"
    assert request(run, "instagram")["session_id"] == "17841400000000000"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("image", f"[image]: фото кассы на прилавке. {QUESTION}"),
        ("voice", "[audio transcript]: сколько стоит тариф Рост"),
        ("file", f"[image]: {QUESTION}"),
    ],
)
def test_media_arrive_as_text(run: Run, name: str, text: str) -> None:
    assert request(run, name)["message"]["text"] == text


def test_a_long_answer_is_delivered_in_order_in_whole_sentences(run: Run) -> None:
    slices = run.channels.texts(BY_NAME["long"].user)
    assert " ".join(slices).split() == LONG.split()
    assert max(map(len, slices)) <= 200 and len(slices) > 2
    assert slices[0].endswith("бесплатно.")
    assert not any(part[-1].isdigit() for part in slices), "a figure was cut"


def test_a_delivery_that_was_refused_is_made_again_in_its_place(run: Run) -> None:
    user = BY_NAME["delivery"].user
    assert len(run.channels.deliveries(user)) == len(run.channels.texts(user)) + 1
    assert said(run, BY_NAME["delivery"]).split() == json.loads(run.line.replies[user][0])["answer"].split()


def test_deliveries_take_the_shape_of_their_channel(run: Run) -> None:
    def delivery(name: str) -> tuple[str, dict[str, Any], dict[str, str]]:
        first = run.channels.deliveries(BY_NAME[name].user)[0]
        return first.path, first.body, first.headers

    path, body, headers = delivery("plain")
    assert (path, body["session"], body["chatId"]) == ("/api/sendText", "BOT_7000", "77010000101@c.us")
    assert "x-api-key" in headers
    path, body, headers = delivery("voice")
    assert (path, body["messaging_product"], body["to"]) == ("/106540352242922/messages", "whatsapp", "77010000105")
    assert headers["authorization"].startswith("Bearer ")
    path, body, _ = delivery("hidden")
    assert (path, body["recipient"], "to" in body) == ("/106540352242922/messages", "KZ.1502576394655843", False)
    path, body, _ = delivery("instagram")
    assert (path, body["recipient"]) == ("/17841400000000000/messages", {"id": "9001000107"})


def test_customers_and_bots_are_never_mixed(run: Run) -> None:
    for user in ("77010000301", "77010000302"):  # one notification carried both
        assert len(run.line.asked(user)) == 1 and run.channels.texts(user)
    calls = run.line.asked("77010000303")
    assert sorted(call.body["session_id"] for call in calls) == ["BOT_7000", "BOT_7001"]
    assert all(call.body["message"]["text"].endswith(call.body["session_id"]) for call in calls)


def test_echoes_statuses_groups_and_forgeries_come_to_nothing(run: Run) -> None:
    silent = {f"7701000020{number}" for number in range(1, 10)} | {"9001000204", "120363000000000000"}
    assert not silent & {call.body["user_id"] for call in run.line.calls}
    assert not any(run.channels.deliveries(user) for user in silent)


def test_every_webhook_is_acknowledged_at_once(run: Run) -> None:
    assert set(run.statuses) == {200}


def test_waha_must_prove_itself(run: Run) -> None:
    url = f"{run.n8n.url}/webhook/sales-waha"
    assert httpx.post(url, json=BY_NAME["plain"].sends[0].body, trust_env=False).status_code == 403


def test_metas_verification(run: Run) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY_TOKEN}
    url = f"{run.n8n.url}/webhook/sales-meta"
    given = httpx.get(url, params=query, trust_env=False)
    assert (given.status_code, given.text) == (200, "1158201444")
    assert httpx.get(url, params=query | {"hub.verify_token": ""}, trust_env=False).status_code == 403


def test_the_buffers_are_empty_afterwards(run: Run) -> None:
    assert run.redis.command("KEYS", "sales:buffer:*") == b"*0\r\n"


def test_the_file_survives_import_and_export(run: Run) -> None:
    [exported] = [
        flow for flow in run.n8n.export() if flow["name"] == "Sales Machine" and flow["id"] == "salesMachine0001"
    ]
    original = json.loads(WORKFLOW.read_text("utf-8"))
    assert exported["connections"] == original["connections"]
    assert [node["name"] for node in exported["nodes"]] == [node["name"] for node in original["nodes"]]


def test_the_pages_show_this_runs_table(run: Run, pytestconfig: pytest.Config) -> None:
    pytestconfig.n8n_table = rows(run, "en", timed=True)  # type: ignore[attr-defined]
    pages: dict[Language, Path] = {"en": PAGE, "ru": ROOT / "docs" / "ru" / "n8n" / "README.md"}
    for language, page in pages.items():
        assert "\n".join(rows(run, language)) in page.read_text("utf-8"), f"paste into {page.name}:\n" + "\n".join(
            rows(run, language)
        )
