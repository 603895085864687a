"""Customers who go on writing to a test host through nginx and TLS, whatever becomes of their former messages.

    with Load(host) as load:
        ...
    report = load.report()

An open loop: the next message is sent at its time, however slow the answers are. With `tries` above one a message that
failed is sent again with the same request_id, as n8n does. Afterwards every answer is looked up in the machine's memory.
"""

import asyncio
import contextlib
import itertools
import json
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from loadtests.rig import customers
from tests.host.callers import DOMAIN, Caller
from tests.host.hosts import Host

RATE_A_MINUTE = 60.0
PATH = "/api/v1/process"
CODES = {"BAD_REQUEST", "UNAUTHORIZED", "RATE_LIMIT", "INTERNAL"}
_SESSION = "LOAD"
_AT_ONCE = 3
_SETTLE_S = 3.0  # of load before the action begins and after it has ended
_PATIENCE_S = 60.0
_AGAIN_S = 3.0
# Runs on the host with its own Python: what the memory holds of the load.
_READ = f"""
import json, sqlite3
db = sqlite3.connect("file:/var/lib/sales-machine/conversations.db?mode=ro", uri=True, timeout=20)
print(json.dumps([list(row) for row in db.execute(
    "SELECT user_id, request_id, answer FROM turns WHERE session_id='{_SESSION}'")]))
"""


@dataclass(frozen=True)
class Sent:
    """A message on its way once, and what came of it: the answer, or why there is none.

    `at` and `until` are seconds of time.monotonic(); `status` is 0 when no status of the machine's came back.
    """

    user: str
    request_id: str
    at: float
    until: float
    status: int
    answer: str = ""
    failure: str = ""
    by_contract: bool = True
    text: str = ""

    @property
    def seconds(self) -> float:
        return self.until - self.at

    @property
    def message(self) -> tuple[str, str]:
        return self.user, self.request_id


@dataclass(frozen=True)
class Report:
    """What callers noticed. `late` counts answers that took longer than the promised 30 s.

    `lost`: answered, but not remembered so; `double`: remembered twice; `unanswered`: no try brought an answer.
    """

    requests: int
    answered: int
    failed: dict[str, int]
    lost: int
    double: int
    late: int
    unanswered: int
    slowest_s: float
    action_s: float

    @property
    def whole(self) -> bool:
        """Nothing that was delivered is missing, and nothing is there twice; refusals are possible."""
        return not (self.lost or self.double or self.late) and self.answered > 0

    @property
    def clean(self) -> bool:
        return self.whole and not self.failed


class Load:
    """A thread that sends `rate` messages a minute until the end of the `with`; `key` may be changed meanwhile.

    `messages` are pairs of customer and text, endless; without them customers come some at a time.
    """

    def __init__(
        self,
        host: Host,
        rate: float = RATE_A_MINUTE,
        tries: int = 1,
        messages: Iterator[tuple[str, str]] | None = None,
    ) -> None:
        self.host, self.rate, self.tries = host, rate, tries
        self._messages = messages
        self.caller = Caller(host)
        self.key = self.caller.key
        self.sent: list[Sent] = []
        self._over = threading.Event()
        self._cut = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._play()))

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def cut(self) -> None:
        """Ends at once: nobody waits for what is on its way."""
        self._cut.set()
        self.__exit__()

    def report(self, action_s: float = 0.0) -> Report:
        """Compares what was delivered with the memory of the host, which must be up."""
        return _judge(self.sent, json.loads(self.host.read("python3", "-c", _READ)), action_s)

    async def _play(self) -> None:
        stamp = time.time_ns() // 1_000_000
        messages = self._messages or taking_turns(stamp)
        started, number, tasks = time.monotonic(), 0, []
        async with client(self.caller) as http:
            while not self._over.is_set():
                user, text = next(messages)
                tasks.append(asyncio.create_task(self._ask(http, user, f"{stamp}-{number}", text)))
                number += 1
                await asyncio.sleep(max(0.0, started + number * 60 / self.rate - time.monotonic()))
            if self._cut.is_set():
                for task in tasks:
                    task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
        for each in done:
            if isinstance(each, BaseException) and not isinstance(each, asyncio.CancelledError):
                raise each

    async def _ask(self, http: httpx.AsyncClient, user: str, request_id: str, text: str) -> None:
        body = {"session_id": _SESSION, "user_id": user, "request_id": request_id, "message": {"text": text}}
        for number in range(self.tries):
            if number:
                await asyncio.sleep(_AGAIN_S)
            self.sent.append(await send(http, self.key, body))
            if self.sent[-1].message == (user, request_id) and self.sent[-1].status == 200:
                return


def taking_turns(seed: int) -> Iterator[tuple[str, str]]:
    """The messages of customers, some at a time: each waits for the others before he writes again; who goes is
    followed by the next. Nobody writes four messages while a service starts: the fourth would be answered too late."""
    coming = ((user, iter(texts)) for user, texts in customers(10_000, seed))
    here = deque(itertools.islice(coming, _AT_ONCE))
    while here:
        user, texts = here.popleft()
        text = next(texts, None)
        if text is None:
            user, texts = next(coming)
            text = next(texts)
        yield user, text
        here.append((user, texts))


def one_after_another(seed: int) -> Iterator[tuple[str, str]]:
    """The messages of customers who come, write all they want to and go."""
    return ((user, text) for user, texts in customers(10_000, seed) for text in texts)


def client(caller: Caller) -> httpx.AsyncClient:
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


async def send(http: httpx.AsyncClient, key: str, body: dict[str, Any]) -> Sent:
    """One request and what came of it."""
    found = await _sent(http, key, body)
    return replace(found, text=body["message"]["text"])


async def _sent(http: httpx.AsyncClient, key: str, body: dict[str, Any]) -> Sent:
    user, request_id, at = body["user_id"], body["request_id"], time.monotonic()
    try:
        reply = await http.post(
            PATH, json=body, headers={"Authorization": f"Bearer {key}"}, extensions={"sni_hostname": DOMAIN}
        )
    except httpx.HTTPError as error:
        return Sent(user, request_id, at, time.monotonic(), 0, failure=type(error).__name__)
    until = time.monotonic()
    said = f"{reply.status_code} {reply.text[:120]}"
    if reply.status_code == 200:
        try:
            return Sent(user, request_id, at, until, 200, str(reply.json()["answer"]))
        except (ValueError, KeyError, TypeError):  # raised, it would end the load's thread, and nobody would be told
            return Sent(user, request_id, at, until, 0, failure=said, by_contract=False)
    return Sent(user, request_id, at, until, reply.status_code, failure=said, by_contract=_is_error(reply))


def under_load(
    host: Host, action: Callable[[], Any], *, rate: float = RATE_A_MINUTE, load: Load | None = None
) -> tuple[Report, Any]:
    """Runs `action` while `rate` messages a minute arrive. Returns what callers noticed, and the action's result.

    Raises what the action raises, once the load has ended.
    """
    with load or Load(host, rate) as playing:
        time.sleep(_SETTLE_S)
        started = time.monotonic()
        result = action()
        seconds = time.monotonic() - started
        time.sleep(_SETTLE_S)
    return playing.report(seconds), result


def first_answer(caller: Caller, within_s: float, key: str = "") -> float:
    """Seconds until a real turn through nginx is answered. Raises AssertionError with what came instead."""
    started, said = time.monotonic(), ""
    while time.monotonic() - started < within_s:
        with contextlib.suppress(OSError, TimeoutError):
            status, said = _probe(caller, key or caller.key)
            if status == 200:
                return time.monotonic() - started
        time.sleep(0.2)
    raise AssertionError(f"no answer within {within_s} s: {said}")


def _probe(caller: Caller, key: str) -> tuple[int, str]:
    user = f"probe-{time.monotonic_ns()}"
    body = {"session_id": "PROBE", "user_id": user, "request_id": user, "message": {"text": "Сколько стоит сканер?"}}
    with httpx.Client(
        base_url=f"https://{caller.host.address}", timeout=10, trust_env=False, verify=caller.context()
    ) as http:
        try:
            reply = http.post(
                PATH,
                json=body,
                headers={"Host": DOMAIN, "Authorization": f"Bearer {key}"},
                extensions={"sni_hostname": DOMAIN},
            )
        except httpx.HTTPError as error:
            return 0, f"{type(error).__name__}: {error}"
    return reply.status_code, reply.text


def _is_error(reply: httpx.Response) -> bool:
    """Whether it has the contract's form of an error and nothing else."""
    try:
        tree = reply.json()
    except ValueError:
        return False
    error = tree.get("error") if isinstance(tree, dict) else None
    return (
        reply.headers.get("content-type", "").startswith("application/json")
        and isinstance(error, dict)
        and tree == {"error": {"code": error.get("code"), "message": error.get("message")}}
        and error["code"] in CODES
        and bool(str(error["message"]).strip())
    )


def _judge(sent: list[Sent], remembered: list[list[str]], action_s: float) -> Report:
    turns = Counter((user, request_id) for user, request_id, _ in remembered)
    answers = {(user, request_id): answer for user, request_id, answer in remembered}
    answered = {each.message: each.answer for each in sent if each.status == 200}
    return Report(
        requests=len({each.message for each in sent}),
        answered=len(answered),
        failed=dict(Counter(each.failure for each in sent if each.failure)),
        lost=sum(answers.get(message) != answer for message, answer in answered.items()),
        double=sum(turns[message] > 1 for message in {each.message for each in sent}),
        late=sum(each.seconds > 30 for each in sent if each.status == 200),
        unanswered=len({each.message for each in sent} - set(answered)),
        slowest_s=round(max((each.seconds for each in sent), default=0.0), 2),
        action_s=round(action_s, 1),
    )
