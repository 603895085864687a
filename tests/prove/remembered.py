"""What the memory of a test host holds, read there: counts, what its log of messages lacks, histories as a turn gets them."""

import json
from dataclasses import dataclass
from typing import Any

from tests.host.callers import Caller
from tests.host.hosts import CACHE, Host
from tests.host.services import PORT
from tests.prove.load import first_answer
from tests.prove.memory import fill

DATABASE = "/var/lib/sales-machine/conversations.db"
_PYTHON = "/opt/sales-machine/current/venv/bin/python"

# Each is run by Python with the path of a memory, and prints JSON.
_OPEN = """
import json, pathlib, sqlite3, sys
db = sqlite3.connect(pathlib.Path(sys.argv[1]).as_uri() + "?mode=rw", uri=True, timeout=30, isolation_level=None)
def one(sql):
    return db.execute(sql).fetchone()[0]
"""
COUNTS = f"""{_OPEN}
found = {{"schema": one("SELECT max(number) FROM migrations"), "turns": one("SELECT count(*) FROM turns"), "messages": 0,
         "observations": one("SELECT count(*) FROM observations"), "behind": 0}}
if found["schema"] > 1:
    found["messages"] = one("SELECT count(*) FROM messages")
    found["behind"] = one("SELECT count(*) FROM conversations WHERE logged < revision")
print(json.dumps(found))
"""
# Turns and observations that are not in the log exactly once, word for word and in their place.
UNLOGGED = f"""{_OPEN}
here = "SELECT count(*) FROM messages m WHERE m.turn_id = t.id AND m.replaces IS NULL AND m.revision = t.revision"
print(one(f"SELECT count(*) FROM turns t WHERE 1 <> ({{here}} AND m.direction = 'in' AND m.text = t.user_text)"
          f" OR 1 <> ({{here}} AND m.direction = 'out' AND m.text = t.answer)")
    + one("SELECT count(*) FROM observations o WHERE 1 <> (SELECT count(*) FROM messages m WHERE m.session_id = o.session_id"
          " AND m.user_id = o.user_id AND m.revision = o.revision AND m.delivery = 'sent' AND m.text = o.text)"))
"""
HISTORIES = f"""{_OPEN}
from app.store.messages import history
from app.types import Key
keys = [Key(*row) for row in db.execute("SELECT session_id, user_id FROM conversations").fetchall()]
print(json.dumps([[key.user_id, [[each.user, each.answer] for each in history(db, key, 10**6)]]
                  for key in keys if key.session_id in sys.argv[2:]]))
"""
# Lays the rows of another memory of schema 1 beside those that are there.
BESIDE = f"""{_OPEN}
db.execute("ATTACH ? AS other", (sys.argv[2],))
db.execute("BEGIN IMMEDIATE")
after = one("SELECT coalesce(max(id), 0) FROM turns")
for table, shifted in {{"conversations": "", "turns": "id", "observations": "turn_id"}}.items():
    names = [row[1] for row in db.execute(f"PRAGMA main.table_info({{table}})") if (table, row[1]) != ("observations", "id")]
    values = [f"{{name}} + {{after}}" if name == shifted else name for name in names]
    db.execute(f"INSERT INTO main.{{table}} ({{', '.join(names)}}) SELECT {{', '.join(values)}} FROM other.{{table}}")
db.execute("COMMIT")
print(json.dumps(after))
"""


@dataclass(frozen=True)
class Counts:
    """`behind`: conversations whose log is not complete; 0, as `messages`, where there is no log."""

    schema: int
    turns: int
    messages: int
    observations: int
    behind: int


def counts(host: Host) -> Counts:
    return Counts(**_read(host, COUNTS))


def unlogged(host: Host) -> int:
    return int(_read(host, UNLOGGED))


def histories(host: Host, *sessions: str) -> dict[str, list[list[str | None]]]:
    """Question and answer of every exchange by customer, oldest first, as the release that serves reads them."""
    return dict(_read(host, HISTORIES, *sessions))


def begin_anew(host: Host) -> None:
    """A memory that the release which serves makes itself: that of a host from an earlier run goes."""
    units = "sales-machine.socket sales-machine.service"
    host.sh(f"systemctl stop {units}; rm -f {DATABASE}*; systemctl start {units}")
    first_answer(Caller(host), 60)


def lay_beside(host: Host, turns: int) -> None:
    """Lays `turns` former turns into the memory of a serving host whose schema is 1."""
    file = CACHE / "downloads" / host.name / "former.db"
    file.unlink(missing_ok=True)
    try:
        fill(file, turns)
        host.sh(f"curl -fsS -o /root/former.db http://10.213.{host.number}.1:{PORT}/{file.name}")
        _read(host, BESIDE, "/root/former.db")
    finally:
        file.unlink(missing_ok=True)
        host.sh("rm -f /root/former.db")


def _read(host: Host, script: str, *arguments: str) -> Any:
    return json.loads(host.read(_PYTHON, "-B", "-c", script, DATABASE, *arguments))
