"""Was anything lost, doubled, or written down for a turn that got an error?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from app.store.looking import answers
from loadtests import record
from loadtests.record import Record

_OPEN = (record.CUT, -1)  # the caller does not know what became of these


@dataclass(frozen=True, slots=True)
class Consistency:
    """Counts of turns, None: this way of checking cannot tell. `how`: against what they were checked. All but `checked`
    must be 0."""

    how: str
    checked: int = 0
    lost: int = 0
    """Answered, and not there."""
    doubled: int = 0
    """The same request answered in two ways, or written down twice."""
    ghosts: int | None = 0
    """Written down, though the caller got an error, or never asked."""
    damaged: int | None = 0
    """Conversations whose revisions have a gap, and what the check of the file says."""
    examples: tuple[str, ...] = ()
    """A few request_ids of turns that are lost, doubled or ghosts."""

    @property
    def untold(self) -> set[str]:
        """Names of the counts that are not known."""
        return {name for name, value in asdict(self).items() if value is None}

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def doubled(records: Iterable[Record]) -> int:
    """Requests whose repetitions brought another answer than the first."""
    answers: dict[str, set[str]] = defaultdict(set)
    for each in records:
        if each.status == 200:
            answers[each.request_id].add(each.digest)
    return sum(len(found) > 1 for found in answers.values())


def against_store(path: Path, records: Sequence[Record]) -> Consistency:
    """Compares the records with the service's own database. Raises engine.Error when it cannot be read."""
    rows, odd = answers(path)
    stored = {str(request_id): record.digest(_bytes(response)) for request_id, response in rows}
    times = Counter(str(request_id) for request_id, _ in rows)
    statuses: dict[str, set[int]] = defaultdict(set)
    digests: dict[str, str] = {}
    for each in records:
        statuses[each.request_id].add(each.status)
        if each.status == 200:
            digests[each.request_id] = each.digest
    wanted = set(digests)
    open_ends = {request_id for request_id, found in statuses.items() if found & set(_OPEN)}
    lost = wanted - set(stored)
    ghosts = set(stored) - wanted - open_ends
    other = {request_id for request_id, found in digests.items() if stored.get(request_id, found) != found}
    other |= {request_id for request_id, count in times.items() if count > 1}
    return Consistency(
        how="the service's database",
        checked=len(wanted),
        lost=len(lost),
        doubled=doubled(records) + len(other),
        ghosts=len(ghosts),
        damaged=odd,
        examples=tuple([*sorted(lost), *sorted(ghosts), *sorted(other)][:5]),
    )


def by_replay(client: httpx.Client, records: Sequence[Record], most: int = 500) -> Consistency:
    """Asks again for the last `most` answers under their request_ids: each must come back byte for byte.

    Where the machine is gone by then, those that could not be asked for count as lost.
    """
    answered = {each.request_id: each for each in records if each.status == 200}
    lost = other = 0
    how = "replayed request_ids"
    chosen = list(answered.values())[-most:]
    for number, each in enumerate(chosen):
        again = record.body(each.request_id, each.session, each.user, each.channel, each.text)
        try:
            response = client.post(record.PATH, json=again)
        except httpx.TransportError as error:
            how += f", until the machine did not answer: {error!r}"
            lost += len(chosen) - number
            break
        if response.status_code != 200:
            lost += 1
        elif record.digest(response.content) != each.digest:
            other += 1
    return Consistency(how, len(chosen), lost, doubled(records) + other, ghosts=None, damaged=None)


def _bytes(response: object) -> bytes:
    return response if isinstance(response, bytes) else str(response).encode()
