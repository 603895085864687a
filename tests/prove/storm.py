"""`python -m tests.prove.storm [NUMBER [MINUTES [SEED]]]`: kill -9 at random moments, while customers write.

Sixty messages a minute reach a serving test host through nginx; a message that fails is sent again with its request_id, as
n8n does. At random moments the service's process, Ollama, or nginx with all its workers is killed. Shown: every refusal
has the contract's form, or nginx itself was dead; every answer that was delivered is in the memory as it was said, and no
message is there twice; after each kill it answers again, with nobody's hand. Exit status 1 when any of it did not hold.
"""

import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.host.hosts import Host
from tests.prove.load import Load, Report, Sent, first_answer
from tests.prove.machine import machine

UNITS = {"service": "sales-machine.service", "ollama": "ollama.service", "nginx": "nginx.service"}
_BACK_S = 30.0
_QUIET_S = (6.0, 20.0)  # between two kills, beyond the time until it answers again
_TRIES = 12  # three seconds apart: longer than anything is away


@dataclass(frozen=True)
class Kill:
    """`at` in seconds of time.monotonic(); `back_s` from then until a new message was answered."""

    what: str
    at: float
    back_s: float


@dataclass(frozen=True)
class Outcome:
    report: Report
    kills: list[Kill]
    outside_contract: dict[str, int]
    """Refusals in another form than the contract's, and connections lost while nginx was alive."""
    dead: list[str]
    """Units that do not run at the end."""

    @property
    def held(self) -> bool:
        return (
            self.report.whole
            and not (self.report.unanswered or self.outside_contract or self.dead)
            and all(kill.back_s <= _BACK_S for kill in self.kills)
        )

    def figures(self) -> dict[str, Any]:
        table: dict[str, Any] = {"held": self.held, **asdict(self.report)}
        for what in UNITS:
            back = [kill.back_s for kill in self.kills if kill.what == what]
            if back:
                middle = round(statistics.median(back), 1)
                table[what] = {"kills": len(back), "back_median_s": middle, "back_most_s": round(max(back), 1)}
        return table | {"outside_contract": self.outside_contract, "dead": self.dead}


def storm(host: Host, seconds: float, seed: int = 1, order: Sequence[str] = ()) -> Outcome:
    """Kills at random for `seconds`; what `order` names instead, in this order, where it is given."""
    rng = random.Random(seed)
    kills: list[Kill] = []
    with Load(host, tries=_TRIES) as load:
        end = time.monotonic() + seconds
        time.sleep(3)
        while len(kills) < len(order) if order else time.monotonic() < end:
            kills.append(_kill(host, load, order[len(kills)] if order else rng.choice(list(UNITS))))
            time.sleep(rng.uniform(*_QUIET_S))
    time.sleep(1)
    dead = [unit for unit in UNITS.values() if host.sh(f"systemctl is-active {unit}", check=False) != "active"]
    return Outcome(load.report(), kills, _outside(load.sent, kills), dead)


def _kill(host: Host, load: Load, what: str) -> Kill:
    whom = "all" if what == "nginx" else "main"
    at = time.monotonic()
    host.exec("systemctl", "kill", "--signal=KILL", f"--kill-whom={whom}", UNITS[what])
    killed = time.monotonic()
    try:
        first_answer(load.caller, 3 * _BACK_S)
    except AssertionError:
        return Kill(what, at, float("inf"))
    return Kill(what, at, time.monotonic() - killed)


def _outside(sent: list[Sent], kills: list[Kill]) -> dict[str, int]:
    dead = [(kill.at, kill.at + kill.back_s + 0.5) for kill in kills if kill.what == "nginx"]
    wrong = []
    for each in sent:
        if not each.by_contract:
            wrong.append(each.failure)
        elif each.status == 0 and not any(each.at <= end and each.until >= begin for begin, end in dead):
            wrong.append(f"{each.failure} while nginx was alive")
    return dict(Counter(wrong))


def main() -> None:
    """Prints one JSON object with the figures."""
    given = [int(each) for each in sys.argv[1:4]]
    number, minutes, seed = given + [40, 10, 1][len(given) :]
    with machine(f"prove{number}", number) as host:
        outcome = storm(host, minutes * 60, seed)
    print(json.dumps(outcome.figures(), ensure_ascii=False, indent=1))
    sys.exit(0 if outcome.held else 1)


if __name__ == "__main__":
    main()
