"""`python -m tests.prove.day_two HOST NUMBER PLAYBOOK [ansible-playbook's arguments]`: what callers notice of a playbook.

While `ansible-playbook -i inventory/testhost PLAYBOOK` works on the test host, customers go on writing to it through nginx
and TLS, 60 messages a minute, whatever becomes of the former ones. Afterwards every answer is looked up in the machine's
memory. Printed: requests, failed ones, lost turns (answered, but not remembered so) and double ones. Exit status 0: none
failed, was lost or double, and the playbook went well; 1: otherwise.
"""

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.host.callers import DOMAIN, Caller
from tests.host.hosts import Host
from tests.prove.rig import customers

RATE_A_MINUTE = 60.0
_SESSION = "LOAD"
_PATH = "/api/v1/process"
_SETTLE_S = 3.0  # of load before the action begins and after it has ended
_PATIENCE_S = 60.0
# Runs on the host with its own Python: what the memory holds of the load.
_READ = f"""
import json, sqlite3
db = sqlite3.connect("file:/var/lib/sales-machine/conversations.db?mode=ro", uri=True, timeout=20)
print(json.dumps([list(row) for row in db.execute(
    "SELECT user_id, request_id, answer FROM turns WHERE session_id='{_SESSION}'")]))
"""


@dataclass(frozen=True)
class Sent:
    """A message and what came of it: the answer, or why there is none."""

    user: str
    request_id: str
    status: int
    answer: str
    seconds: float
    failure: str = ""


@dataclass(frozen=True)
class Report:
    """What callers noticed. `late` counts answers that took longer than the promised 30 s."""

    requests: int
    answered: int
    failed: dict[str, int]
    lost: int
    double: int
    late: int
    slowest_s: float
    action_s: float

    @property
    def clean(self) -> bool:
        return not (self.failed or self.lost or self.double or self.late) and self.answered > 0


def under_load(host: Host, action: Callable[[], Any], *, rate: float = RATE_A_MINUTE) -> tuple[Report, Any]:
    """Runs `action` while `rate` messages a minute arrive. Returns what callers noticed, and the action's result.

    Raises what the action raises, once the load has ended.
    """
    sent, result, seconds = asyncio.run(_play(Caller(host), action, rate))
    return _judge(sent, json.loads(host.read("python3", "-c", _READ)), seconds), result


async def _play(caller: Caller, action: Callable[[], Any], rate: float) -> tuple[list[Sent], Any, float]:
    over = asyncio.Event()
    async with _client(caller) as client:
        load = asyncio.create_task(_load(client, caller.key, rate, over))
        try:
            await asyncio.sleep(_SETTLE_S)
            started = time.monotonic()
            result = await asyncio.to_thread(action)
            seconds = time.monotonic() - started
            await asyncio.sleep(_SETTLE_S)
        finally:
            over.set()
        return await load, result, seconds


def _client(caller: Caller) -> httpx.AsyncClient:
    """Speaks to the machine's address by its name; keeps connections open, as n8n does."""
    context: ssl.SSLContext = caller.context()
    return httpx.AsyncClient(
        base_url=f"https://{caller.host.address}",
        headers={"Host": DOMAIN},
        timeout=_PATIENCE_S,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
        verify=context,
    )


async def _load(client: httpx.AsyncClient, key: str, rate: float, over: asyncio.Event) -> list[Sent]:
    """Open loop: the next message is sent at its time, however slow the answers are."""
    waiting = []
    stamp = int(time.time())
    messages = ((user, text) for user, texts in customers(10_000, stamp) for text in texts)
    started, number = time.monotonic(), 0
    async with asyncio.TaskGroup() as group:
        while not over.is_set():
            user, text = next(messages)
            waiting.append(group.create_task(_ask(client, key, user, f"{stamp}-{number}", text)))
            number += 1
            await asyncio.sleep(max(0.0, started + number * 60 / rate - time.monotonic()))
    return [task.result() for task in waiting]


async def _ask(client: httpx.AsyncClient, key: str, user: str, request_id: str, text: str) -> Sent:
    body = {"session_id": _SESSION, "user_id": user, "request_id": request_id, "message": {"text": text}}
    started = time.monotonic()
    try:
        reply = await client.post(
            _PATH,
            json=body,
            headers={"Authorization": f"Bearer {key}"},
            extensions={"sni_hostname": DOMAIN},
        )
    except httpx.HTTPError as error:
        return Sent(user, request_id, 0, "", time.monotonic() - started, type(error).__name__)
    seconds = time.monotonic() - started
    if reply.status_code != 200:
        return Sent(user, request_id, reply.status_code, "", seconds, f"{reply.status_code} {reply.text[:120]}")
    return Sent(user, request_id, 200, reply.json()["answer"], seconds)


def _judge(sent: list[Sent], remembered: list[list[str]], action_s: float) -> Report:
    turns = Counter((user, request_id) for user, request_id, _ in remembered)
    answers = {(user, request_id): answer for user, request_id, answer in remembered}
    answered = [each for each in sent if each.status == 200]
    return Report(
        requests=len(sent),
        answered=len(answered),
        failed=dict(Counter(each.failure for each in sent if each.failure)),
        lost=sum(answers.get((each.user, each.request_id)) != each.answer for each in answered),
        double=sum(turns[each.user, each.request_id] > 1 for each in sent),
        late=sum(each.seconds > 30 for each in answered),
        slowest_s=round(max((each.seconds for each in sent), default=0.0), 2),
        action_s=round(action_s, 1),
    )


def main() -> None:
    """Prints one JSON object with the figures."""
    if len(sys.argv) < 4:
        sys.exit(str(__doc__))
    name, number, playbook, *arguments = sys.argv[1:]
    host = Host(name, int(number))
    report, play = under_load(host, lambda: host.play(playbook, *arguments))
    print(json.dumps({"playbook": Path(playbook).name, "status": play.status, **asdict(report)}, ensure_ascii=False))
    if play.status:
        sys.stderr.write(play.output[-3000:])
    sys.exit(0 if report.clean and play.status == 0 else 1)


if __name__ == "__main__":
    main()
