"""An update that changes the memory's schema, the rollback and the update again, while customers write.

    python -m tests.prove.schema --base COMMIT [NUMBER] [--turns 150000]

A test host gets the release of COMMIT, whose memory has schema 1, and `turns` former turns. While 60 messages a minute
arrive, half of them from customers who go on writing through all of it, it is updated to this checkout's release, rolled
back before that one has brought the whole memory over, and updated again. Then every conversation is read back as the
machine does. A line per step. Exit status 0: nothing failed, was lost, doubled or out of order; 1: otherwise.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtests.rig import customers
from tests.host.callers import Caller
from tests.host.hosts import Host
from tests.prove.load import Load, Sent, one_after_another
from tests.prove.machine import machine
from tests.prove.recording.trees import worktree
from tests.prove.releases import FAST, serving, wheel
from tests.prove.remembered import Counts, begin_anew, counts, histories, lay_beside, unlogged

LASTING = 6  # customers who write through all releases
_SETTLE_S = 15.0
_PATIENCE_S = 1200.0  # until all is brought over
# The role that sets the server up says --no-switch, which schema 1's release does not know; before a first start
# --no-service is the same: nothing serves that could take the version.
_NO_SWITCH = 'import sys\nsys.argv = ["--no-service" if word == "--no-switch" else word for word in sys.argv]\n'
_DOCTOR = (
    "CREDENTIALS_DIRECTORY=/etc/sales-machine /opt/sales-machine/current/venv/bin/machine doctor --json"
    " --settings=/etc/sales-machine/settings.yaml --data=/var/lib/sales-machine --kb=/var/lib/sales-machine/kb"
)


@dataclass
class Witness:
    """A conversation through all releases: turns, words of a person, and what an earlier release said told otherwise."""

    caller: Caller
    texts: Iterator[str]
    answered: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    """Requests and what came back for them, byte for byte."""
    seen: list[list[str | None]] = field(default_factory=list)
    """What its history must hold: question and answer."""
    session: str = "SPAN"
    user: str = "spans"

    def write(self, release: str) -> None:
        """Raises AssertionError where a former request is not answered as it was."""
        for body, said in self.answered:
            assert self._post("process", body) == said, f"{body['request_id']} is answered otherwise after {release}"
        if self.answered:
            told = f"Seen after {release}"
            turn = len(self.seen) - 2  # the last turn of the release before; a person's words came after it
            self._post("observe", self._body(told, str(self.answered[-1][0]["request_id"]), source="fallback"))
            self.seen[turn][1] = told
        for number in range(3):
            text = next(self.texts)
            body = self._body("", f"{release}-{number}") | {"message": {"text": text}}
            said = self._post("process", body)
            self.answered.append((body, said))
            self.seen.append([text, str(json.loads(said)["answer"])])
        self._post("observe", self._body(f"A person writes after {release}", source="human"))
        self.seen.append([None, f"A person writes after {release}"])

    def _body(self, text: str, request_id: str = "", **more: str) -> dict[str, Any]:
        named = {"request_id": request_id} if request_id else {}
        return {"session_id": self.session, "user_id": self.user, **named, **({"text": text} if text else {}), **more}

    def _post(self, path: str, body: dict[str, Any]) -> str:
        got = self.caller.ask("POST", f"/api/v1/{path}", body, key=self.caller.key)
        assert got.status == 200, got
        return got.text


def written(seed: int) -> Iterator[tuple[str, str]]:
    """Customers who go on writing, and between each two of their messages one of a customer who comes and goes."""
    passing = one_after_another(seed)
    lasting = [(user, itertools.cycle(texts)) for user, texts in customers(LASTING, seed + 1, least=100, most=100)]
    for user, texts in itertools.cycle(lasting):
        yield user, next(texts)
        yield next(passing)


def expected(sent: list[Sent]) -> dict[str, list[list[str | None]]]:
    """The history of each customer by what he was answered, in the order in which he wrote."""
    histories: dict[str, list[list[str | None]]] = {}
    for each in sorted(sent, key=lambda each: each.at):
        if each.status == 200:
            histories.setdefault(each.user, []).append([each.text, each.answer])
    return histories


@dataclass
class Proof:
    host: Host
    load: Load
    witness: Witness
    ill: set[str]
    """What the doctor found before: a test host is without a card and without a clock of its own."""
    wrong: list[str] = field(default_factory=list)

    def step(self, name: str, act: Callable[[], object]) -> tuple[Counts, Counts]:
        """One step, and what the memory holds when it is done and some time later; prints its line."""
        first, began = len(self.load.sent), time.monotonic()
        act()
        seconds, done = time.monotonic() - began, counts(self.host)
        try:
            self.witness.write(name)
        except AssertionError as error:
            self.wrong.append(str(error))
        time.sleep(_SETTLE_S)
        if worse := ill(self.host) - self.ill:
            self.wrong.append(f"{name}: the doctor finds {sorted(worse)}")
        sent, later = self.load.sent[first:], counts(self.host)
        failed, slowest = sum(bool(each.failure) for each in sent), max((each.seconds for each in sent), default=0)
        memory = [f" {each.turns:>7} {each.messages:>8} {each.behind:>6}" for each in (done, later)]
        figures = f"{seconds:>7.1f} {len(sent):>5} {failed:>6} {slowest:>7.2f}"
        print(f"{name:<13}{figures}{'       '.join(memory)}  {serving(self.host)}", flush=True)
        return done, later

    def play(self, playbook: str, **variables: Any) -> None:
        play = self.host.play(f"playbooks/{playbook}.yml", **variables)
        assert play.status == 0, play.output[-3000:]

    def brought_over(self) -> None:
        end = time.monotonic() + _PATIENCE_S
        while counts(self.host).behind:
            assert time.monotonic() < end, f"not brought over: {counts(self.host)}"
            time.sleep(3)


def ill(host: Host) -> set[str]:
    """Names of what the doctor does not find well."""
    return {each["name"] for each in json.loads(host.sh(_DOCTOR, check=False))["checks"] if each["level"] != "ok"}


def prove(host: Host, new: str, turns: int) -> list[str]:
    """What did not hold, in words."""
    begin_anew(host)
    assert counts(host).schema == 1, "the base's memory has another schema than 1"
    lay_beside(host, turns)
    seed = time.time_ns() // 1_000_000
    ((_, texts),) = customers(1, seed + 2, least=20, most=20)
    lasting = [user for user, _ in itertools.islice(written(seed), 0, 2 * LASTING, 2)]
    memory = f" {'turns':>7} {'messages':>8} {'behind':>6}"
    print(f"{'':<13}{'s':>7} {'sent':>5} {'failed':>6} {'slowest':>7}{memory}, later{memory}")
    with Load(host, messages=written(seed)) as load:
        proof, began = Proof(host, load, Witness(load.caller, iter(texts)), ill(host)), time.monotonic()
        proof.step("base", lambda: time.sleep(_SETTLE_S))
        _, updated = proof.step("update", lambda: proof.play("update", **FAST, app_wheel=new))
        back, later = proof.step("rollback", lambda: proof.play("rollback"))
        proof.step("update again", lambda: proof.play("update", **FAST, app_wheel=new))
        proof.step("brought over", proof.brought_over)
        seconds = time.monotonic() - began
    report, held, last = load.report(seconds), histories(host, "LOAD", proof.witness.session), counts(host)
    said = expected(load.sent) | {proof.witness.user: proof.witness.seen}
    unequal = {user: held.get(user) for user in said if held.get(user) != said[user]}
    long, missing = sorted(len(said[user]) for user in lasting if user in said), unlogged(host)
    print(f"{report}\n{last}, {missing} of it not in the log")
    print(f"{len(said)} histories, {len(unequal)} not as they were said; {len(long)} long ones of {long} exchanges")
    wrong = proof.wrong + [f"{user}: {history}" for user, history in list(unequal.items())[:2]]
    if not report.clean:
        wrong.append("the load was not answered as promised")
    if not updated.behind:
        wrong.append("all was brought over before the rollback: it needs more --turns")
    if back.messages != later.messages or later.turns - back.turns < _SETTLE_S / 2:
        wrong.append("after the rollback it was not the old release that wrote")
    if missing or last.behind or last.messages != 2 * last.turns + last.observations:
        wrong.append("the log is not what turns and observations are")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("number", nargs="?", type=int, default=40)
    parser.add_argument("--base", required=True, help="a commit whose memory has schema 1")
    parser.add_argument("--turns", type=int, default=150_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, worktree(given.base) as tree:
        folder = Path(place)
        old = wheel(folder, "old", "app/cli/__init__.py", _NO_SWITCH, tree)
        new = wheel(folder, "new")
        with machine(f"prove{given.number}", given.number, app_wheel=old, app_source=str(tree)) as host:
            wrong = prove(host, new, given.turns)
    print("\n".join(wrong) or "all of it held")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
