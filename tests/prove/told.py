"""`python -m tests.prove.told [NUMBER]`: of twelve faults each reaches a phone and a mailbox once, again while it lasts, and once when it is over.

A test host with all of site.yml is set up; on the operator's side of its network stand an emulated Bot API, a mail server
and a service that waits for the heartbeat. Three rows of faults run at once (told_faults.py), so that each comes while
others last. Printed: a table in Markdown. Exit status 1 when something did not hold; the reasons stand below the table.
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.alerts.receivers import Receivers
from tests.host.callers import Caller
from tests.host.hosts import Host
from tests.prove.told_faults import CHAINS, LAST, Fault
from tests.prove.told_host import telling_machine, well
from tests.prove.told_phone import PEOPLE, Outside, Told, names, told_of

REMINDER_S = 60.0
_INTERVAL_S = 30.0  # in which Alertmanager tells changes and reminders of a group
_QUIET_S = 5.0
_PERIOD_S = 150.0  # without a heartbeat, after which the outside service writes: two of its intervals and a half


@dataclass
class Outcome:
    """What came of one fault; times in seconds, by receiver. `wrong` says what did not hold, in words."""

    fault: Fault
    told_s: dict[str, float] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    reminders: dict[str, int] = field(default_factory=dict)
    over_s: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def row(self) -> str:
        def both(values: dict[str, float]) -> str:
            return " / ".join(f"{values[who]:.0f}" if who in values else "never" for who in PEOPLE)

        counts = " / ".join(str(self.messages.get(who, 0)) for who in PEOPLE)
        again = " / ".join(str(self.reminders.get(who, 0)) for who in PEOPLE) if self.fault.reminded else ""
        told, over = both(self.told_s), both(self.over_s)
        return (
            f"| {self.fault.title} | {self.fault.made} | `{self.fault.name}` | {told} | {counts} | {again} | {over} |"
        )


class Trial:
    """Faults of one server and what its people are told."""

    def __init__(self, host: Host, receivers: Receivers, caller: Caller) -> None:
        self.host, self.receivers, self.caller = host, receivers, caller
        faults = [*(fault for chain in CHAINS for fault in chain), LAST]
        self._told = {fault.title: threading.Event() for fault in faults}
        self._awaited = {fault.meanwhile: self._told[fault.title] for fault in faults if fault.meanwhile}

    def one(self, fault: Fault) -> Outcome:
        """Begins it, waits until all have been told and reminded, mends it, waits until all know that it is over."""
        outcome = Outcome(fault)
        if fault.meanwhile and not self._told[fault.meanwhile].wait(900):
            outcome.wrong.append(f"{fault.meanwhile}: not told, so nothing came meanwhile")
        begun = time.monotonic()
        fault.begin(self.host, self.caller)
        in_time = self._until(lambda told: bool(told.begun), fault, begun, fault.within_s[0])
        if not in_time:
            outcome.wrong.append(f"not told within {fault.within_s[0]:.0f} s")
        self._told[fault.title].set()
        if in_time and fault.reminded:
            due = REMINDER_S + 2 * _INTERVAL_S
            if not self._until(lambda told: told.begun[-1] - told.begun[0] >= REMINDER_S - 1, fault, begun, due):
                outcome.wrong.append(f"not said again within {due:.0f} s")
        if (awaited := self._awaited.get(fault.title)) is not None:
            awaited.wait(600)
        mended = time.monotonic()
        fault.mend(self.host, self.caller)
        if not self._until(lambda told: bool(told.over), fault, begun, fault.within_s[1] + time.monotonic() - mended):
            outcome.wrong.append(f"not over within {fault.within_s[1]:.0f} s")
        time.sleep(_QUIET_S)
        self._judge(outcome, begun, mended)
        print(outcome.row, *outcome.wrong, sep="\n", file=sys.stderr, flush=True)
        return outcome

    def all(self, chains: tuple[tuple[Fault, ...], ...] = CHAINS) -> list[Outcome]:
        """The rows at once; in the order of the rows."""
        found: list[list[Outcome]] = [[] for _ in chains]

        def run(chain: tuple[Fault, ...], into: list[Outcome]) -> None:
            for fault in chain:
                try:
                    into.append(self.one(fault))
                except Exception as error:  # the others go on, and this one is shown
                    self._told[fault.title].set()
                    into.append(Outcome(fault, wrong=[f"{type(error).__name__}: {error}"[-1500:]]))

        threads = [threading.Thread(target=run, args=pair) for pair in zip(chains, found, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [outcome for chain in found for outcome in chain]

    def strange(self, faults: list[Fault], since: float) -> set[str]:
        """What was told besides: a fault under a second name, or one that nobody made."""
        expected = tuple(f"{fault.name} " for fault in faults)
        told = names([message for who in PEOPLE for message in list(self.receivers.taken[who]) if message.at >= since])
        return {name for name in told if not f"{name} ".startswith(expected)}

    def _of(self, fault: Fault, begun: float) -> dict[str, Told]:
        return {who: told_of(self.receivers, who, fault.name, begun) for who in PEOPLE}

    def _until(self, met: Callable[[Told], bool], fault: Fault, begun: float, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not all(map(met, self._of(fault, begun).values())):
            if time.monotonic() > end:
                return False
            time.sleep(0.25)
        return True

    def _judge(self, outcome: Outcome, begun: float, mended: float) -> None:
        for who, told in self._of(outcome.fault, begun).items():
            if not told.begun:
                continue
            first = told.begun[0]
            due = first + REMINDER_S - 1 if outcome.fault.reminded else float("inf")
            outcome.told_s[who] = first - begun
            outcome.messages[who] = sum(at < due for at in told.begun)
            outcome.reminders[who] = sum(at >= due for at in told.begun)
            pauses = [after - before for before, after in zip(told.begun, told.begun[1:], strict=False)]
            if outcome.messages[who] != 1 or any(pause < REMINDER_S - 1 for pause in pauses):
                outcome.wrong.append(f"{who}: said again after {[round(pause) for pause in pauses]} s")
            if told.over:
                outcome.over_s[who] = told.over[0] - mended
            if len(told.over) != 1:
                outcome.wrong.append(f"{who}: over {len(told.over)} times")
            lacking = [word for word in outcome.fault.says if word not in told.texts[0]]
            if lacking:
                outcome.wrong.append(f"{who}: {lacking} not in {told.texts[0]!r}")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with telling_machine(f"told{number}", number) as (host, receivers, caller), Outside(receivers, _PERIOD_S):
        well(host, receivers)
        trial, since = Trial(host, receivers, caller), time.monotonic()
        outcomes = trial.all()
        well(host, receivers)
        outcomes.append(trial.one(LAST))
        strange = trial.strange([outcome.fault for outcome in outcomes], since)
    print("| fault | made | told as | s to message | messages | reminders | s to over |\n|---|---|---|---|---|---|---|")
    for outcome in outcomes:
        print(outcome.row)
    wrong = [f"{outcome.fault.title}: {each}" for outcome in outcomes for each in outcome.wrong]
    wrong += [f"told besides: {name}" for name in sorted(strange)]
    print("\n".join(["", *wrong]) if wrong else "\nall held")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
