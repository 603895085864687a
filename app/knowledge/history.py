"""What was published when, and which version stands before the one in use.

The link is the truth, the history only follows it: an entry is written behind the switch, and a link that leads
elsewhere than the last entry (a crash in between, a deployment) is entered as `found` by whoever comes next.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from app.errors import ConfigError
from app.files import folder, kept, opened

Action = Literal["publish", "rollback", "found"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the link. `folder` names the version's folder, `version` its content as `/version` shows it."""

    at: str
    """UTC, ISO 8601."""
    action: Action
    folder: str
    version: str
    who: str
    forced: bool = False


def read(path: Path) -> tuple[Entry, ...]:
    """Oldest first; empty where there is no history. A torn last line (a power cut) is left out.

    Raises ConfigError naming the line for any other that cannot be read.
    """
    try:
        with opened(path, below=path.parent.parent) as file:
            lines = file.read().decode().split("\n")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"history {str(path)!r} cannot be read: {error}") from None
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            if line:
                entries.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            if number == len(lines):  # every whole line ends with a line break
                break
            raise ConfigError(f"{path.name}:{number}: not an entry; remove the line") from None
    return tuple(entries)


def append(path: Path, entry: Entry) -> None:
    """Adds an entry and puts it on the disk. A torn last line is cut off first."""
    with folder(path.parent, below=path.parent.parent) as inside, kept(path, inside) as file:
        whole = b"".join(line for line in file.read().splitlines(keepends=True) if line.endswith(b"\n"))
        file.truncate(len(whole))
        file.seek(len(whole))
        file.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def standing(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The versions that a rollback would walk back through: the one in use last, then the one before it, ...

    Going back to a version takes everything published after it out of this list.
    """
    stack: list[Entry] = []
    for entry in entries:
        known = [place for place, other in enumerate(stack) if other.folder == entry.folder]
        if entry.action == "publish" or not known:
            if not stack or stack[-1].folder != entry.folder:
                stack.append(entry)
        else:
            del stack[known[-1] + 1 :]
    return tuple(stack)
