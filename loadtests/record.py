"""One line for every request: what the gate judges and the store is checked against."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

PATH = "/api/v1/process"
Kind = Literal["turn", "burst", "twin", "retry", "hangup"]
"""burst: a second message sent while the first is answered; twin: the same request sent again meanwhile; retry: after
its answer; hangup: the caller leaves before the answer."""

CUT = 0
"""Status of a request that the end of the run, or the caller itself, cut off; -1 is one that failed on the network."""


@dataclass(frozen=True, slots=True)
class Record:
    """`at`: seconds of the wall since the epoch; `took_s` likewise of the wall. `digest`: sha256 of a 200's body.

    `error`: the contract's code, or what was wrong; also of a 200 that says nothing.
    """

    kind: Kind
    at: float
    took_s: float
    status: int
    request_id: str
    session: str
    user: str
    channel: str
    text: str
    digest: str = ""
    processing_ms: int = 0
    error: str = ""

    @property
    def answered(self) -> bool:
        """Whether it brought an answer that can be sent; a proxy's page with status 200 is none."""
        return self.status == 200 and not self.error

    @property
    def arrival(self) -> bool:
        """Whether it is a message of its own, not one sent again."""
        return self.kind in ("turn", "burst", "hangup")


def body(request_id: str, session: str, user: str, channel: str, text: str) -> dict[str, Any]:
    """The request's JSON; the same arguments always give the same one."""
    return {
        "request_id": request_id,
        "session_id": session,
        "user_id": user,
        "channel": channel,
        "message": {"text": text},
    }


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def answer(content: bytes) -> tuple[int, str]:
    """(processing_ms, "") of a 200's body; (0, what is wrong) where it is none of the contract's answers."""
    try:
        value = json.loads(content)
        if not value["answer"].strip() or value.get("error"):
            return 0, "no answer"
        return int(value["meta"]["processing_ms"]), ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0, "outside the contract"


def write(file: IO[str], record: Record) -> None:
    """Appends one line and hands it to the system."""
    file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
    file.flush()


def save(path: Path, records: Iterable[Record]) -> None:
    """Keeps the records beside the report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for each in records:
            write(file, each)


def read(path: Path) -> list[Record]:
    """Every whole line of `path`; none where there is no such file."""
    return list(_parsed(path.read_text("utf-8").splitlines(keepends=True))) if path.exists() else []


def _parsed(lines: Iterable[str]) -> Iterator[Record]:
    for line in lines:
        if line.endswith("\n"):
            yield Record(**json.loads(line))
