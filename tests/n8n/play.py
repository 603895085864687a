"""One run of everything: Redis, the machine, n8n with several copies of the workflow, and all scenarios within half a minute.

The copies differ from the file only as an operator's would: in the fields of the node `Settings`, in the paths of their
webhooks and in the credentials they name.
"""

import json
import re
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from loadtests.service import KEY, ROOT
from tests.alerts.receivers import TOKEN, Message, Receivers
from tests.n8n.engine import N8n, Redis
from tests.n8n.scenarios import SCENARIOS, SILENT, Scenario, Send
from tests.n8n.shapes import APP_SECRET, HOOK_KEY, cloud, cloud_message, cloud_status, signed, waha
from tests.n8n.standins import SLOW, Channels, FaultyLine

WORKFLOW = ROOT / "docs" / "n8n" / "sales-machine.json"
PAGE = ROOT / "docs" / "n8n" / "README.md"
Json = dict[str, Any]


@dataclass
class Run:
    """What came of all scenarios. `started`: time.monotonic() of each scenario's first webhook."""

    channels: Channels
    people: Receivers
    line: FaultyLine
    n8n: N8n
    redis: Redis
    memory: Path
    started: dict[str, float]
    statuses: list[int]

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Rows of the machine's own database."""
        with closing(sqlite3.connect(f"file:{self.memory}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def told(self, user: str) -> list[str]:
        return [row[0] for row in self.rows("SELECT text FROM observations WHERE user_id = ?", user)]

    def people_told(self, user: str) -> dict[str, list[Message]]:
        """What people got of this customer, by Telegram and by mail."""
        return {way: self.people.of(way, user) for way in ("telegram", "email")}

    def failed_runs(self) -> list[str]:
        """The errors of the runs that are red in n8n, as its database keeps them."""
        with closing(sqlite3.connect(f"file:{self.n8n.home}/.n8n/database.sqlite?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT data FROM execution_data JOIN execution_entity ON id = executionId WHERE status = 'error'"
            ).fetchall()
        return [row[0] for row in rows]

    def seconds(self, scenario: Scenario) -> float:
        """From the last webhook that was new to the first word the customer got."""
        new = {json.dumps(send.body): send.after for send in reversed(scenario.sends)}
        first = min(call.at for call in self.channels.deliveries(scenario.user))
        return first - self.started[scenario.name] - max(new.values())


def configured(flow: str, settings: dict[str, str], credentials: dict[str, str]) -> Json:
    """The workflow of the docs with its settings filled in; `flow` names the copy, `credentials` maps ids to others."""
    workflow: Json = json.loads(WORKFLOW.read_text("utf-8"))
    if flow != "sales":
        workflow["id"] = f"{flow:0<16}"
    for node in workflow["nodes"]:
        parameters = node["parameters"]
        if node["name"] == "Settings":
            for row in parameters["assignments"]["assignments"]:
                row["value"] = settings.get(row["name"], row["value"])
        if "path" in parameters:
            parameters["path"] = parameters["path"].replace("sales", flow)
        if "webhookId" in node and flow != "sales":
            node["webhookId"] = f"{flow}-{node['webhookId']}"
        for reference in node.get("credentials", {}).values():
            reference["id"] = credentials.get(reference["id"], reference["id"])
    return workflow


def credentials(redis_port: int, absent_port: int, locked_port: int, people: Receivers) -> list[Json]:
    """The credentials of the page's own listing, filled in for tests; then a wrong key, a Redis that is not there and
    one that wants a password."""
    listing = re.search(r"```json\n(\[.*?\])\n```", PAGE.read_text("utf-8"), re.DOTALL)
    assert listing, "docs/n8n/README.md shows no credentials"
    records: list[Json] = json.loads(listing.group(1))
    known = {record["name"]: record for record in records}
    known["Sales Machine Redis"]["data"] |= {"host": "127.0.0.1", "port": redis_port, "password": ""}
    known["Sales Machine API key"]["data"]["token"] = KEY
    known["Meta access token"]["data"]["token"] = "a token of a test"
    known["WAHA webhook header"]["data"]["value"] = HOOK_KEY
    known["Handover Telegram bot"]["data"] |= {"accessToken": TOKEN, "baseUrl": people.url}
    host, _, port = people.mail.partition(":")
    known["Handover mail server"]["data"] |= {"host": host, "port": int(port), "secure": False, "disableStartTls": True}
    wrong_key, redis = known["Sales Machine API key"], known["Sales Machine Redis"]
    return [
        *records,
        wrong_key | {"id": "wrongKey00000001", "name": "wrong key", "data": {"token": "a key that nobody gave out"}},
        redis | {"id": "noRedis000000001", "name": "absent Redis", "data": redis["data"] | {"port": absent_port}},
        redis | {"id": "badRedis00000001", "name": "locked Redis", "data": redis["data"] | {"port": locked_port}},
    ]


def play(run: Run) -> None:
    """Sends every webhook and waits until each scenario has come to its end, or two minutes are over."""
    # The one that takes longest first; a little apart, so that the seconds say something of the workflow.
    order = sorted(SCENARIOS, key=lambda scenario: SLOW not in scenario.faults)
    threads = [threading.Thread(target=_scenario, args=(run, s, number * 0.7)) for number, s in enumerate(order)]
    threads.append(threading.Thread(target=_others, args=(run,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    end = time.monotonic() + 120
    while time.monotonic() < end and not all(_settled(run, scenario) for scenario in SCENARIOS):
        time.sleep(0.5)
    time.sleep(5)  # what must not come would have come by now: the slowest scenario ends long after the others


def _settled(run: Run, scenario: Scenario) -> bool:
    spoken = scenario.speaks == "nobody" or bool(run.channels.texts(scenario.user))
    told = sum(map(len, run.people_told(scenario.user).values())) >= scenario.people
    return spoken and told and (not scenario.told or bool(run.told(scenario.user)))


def _scenario(run: Run, scenario: Scenario, delay: float) -> None:
    time.sleep(delay)
    run.line.plan(scenario.user, scenario.faults, scenario.observe_faults)
    if scenario.name == "handover-away":
        run.people.refuse_once.add(scenario.user)
    if scenario.refused_once:
        run.channels.refuse_once.add(scenario.user)
    run.started[scenario.name] = time.monotonic()
    for send in scenario.sends:
        time.sleep(max(0.0, run.started[scenario.name] + send.after - time.monotonic()))
        post(run, send, scenario.flow)


def _others(run: Run) -> None:
    """Webhooks from which nothing may come, two customers in one notification, a full buffer, one customer of two bots."""
    for send in SILENT:
        post(run, send)
    post(run, Send("meta", cloud_status("77010000205")))
    forged = cloud(cloud_message("77010000206", "wamid.forged", body="forged"))
    post(run, Send("meta", forged), secret="another secret")
    pair = [
        cloud_message(f"7701000030{number}", f"wamid.pair{number}", body="Сколько стоит тариф Рост?")
        for number in (1, 2)
    ]
    post(run, Send("meta", cloud(*pair)))
    left = json.dumps({"id": "left-1", "at": 1_770_801_587_000, "text": "Здравствуйте"})  # as a crash of n8n leaves it
    run.redis.command("RPUSH", "sales:buffer:whatsapp:BOT_7000:77010000304", left)
    post(run, Send("waha", waha("77010000304", "есть кто?", "left-2")))
    for session in ("BOT_7000", "BOT_7001"):
        post(run, Send("waha", waha("77010000303", f"Здравствуйте, {session}", f"two-{session}", session=session)))


def post(run: Run, send: Send, flow: str = "sales", secret: str = APP_SECRET) -> httpx.Response:
    """One webhook with the proof that its sender gives: WAHA's header, Meta's signature."""
    raw, headers = signed(send.body, secret)
    if send.hook == "waha":
        headers["x-waha-webhook-key"] = HOOK_KEY
    response = httpx.post(
        f"{run.n8n.url}/webhook/{flow}-{send.hook}", content=raw, headers=headers, trust_env=False, timeout=60
    )
    run.statuses.append(response.status_code)
    return response
