"""Carries the backups, encrypted by restic, to a place outside this server, brings them back, and proves both.

    offsite key                       the line that the other side's authorized_keys must have
    offsite begin                      opens the repository or makes it, proves that nothing can be deleted, pushes
    offsite push                       a snapshot of all backups; read back before it counts
    offsite fetch FOLDER [SNAPSHOT]    the archives of a snapshot (latest) into FOLDER
    offsite adopt                      this server goes on where an earlier one ended
    offsite drill COMMAND...           the newest archive comes back into a scratch place, COMMAND gets it as last word
    offsite prove                      tries to delete: the place must refuse
    offsite prune DAYS|only-newest     with the operator's access, away from the server: removes what is too old
    offsite remove SNAPSHOT            with the operator's access: this one
    offsite restic ARGUMENT...         restic itself, pointed at the repository

OFFSITE_PLACE is the folder with place.json, password, known_hosts and identity, OFFSITE_STATE that of the note about
what lies there, OFFSITE_BACKUPS the backups. Exit 2: it did not come about, and the last line says what to do; 3: an
earlier server's snapshots wait to be restored. Standard library alone.
"""

import os
import re
import sys
import time
from pathlib import Path

from carry import adopt, begin, drill, fetch, prove, push
from place import Place, Trouble
from pruning import prune, remove

STATE = Path("/var/lib/sales-machine-offsite")
BACKUPS = Path("/var/backups/sales-machine")


def main(arguments: list[str]) -> int:
    set_ = os.environ.get
    folder = set_("OFFSITE_PLACE") or set_("CREDENTIALS_DIRECTORY") or "/etc/sales-machine/offsite"
    state, backups = Path(set_("OFFSITE_STATE") or STATE), Path(set_("OFFSITE_BACKUPS") or BACKUPS)
    os.umask(0o077)
    try:
        return done(arguments, Place(Path(folder)), state, backups)
    except (Trouble, OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"offsite: {error if isinstance(error, Trouble) else repr(error)}\n")
        return 2


def done(arguments: list[str], place: Place, state: Path, backups: Path) -> int:
    """The exit status."""
    match arguments:
        case ["key"]:
            print(place.line())
        case ["begin"]:
            return begin(place, state, backups)
        case ["push"]:
            push(place, state, backups)
        case ["fetch", target]:
            fetch(place, Path(target))
        case ["fetch", target, snapshot]:
            fetch(place, Path(target), snapshot)
        case ["adopt"]:
            adopt(place, state)
        case ["drill", *command] if command:
            return drill(place, state, command)
        case ["prove"]:
            prove(place, state)
        case ["prune", kept] if kept == "only-newest" or re.fullmatch("[1-9][0-9]{0,3}", kept):
            prune(place, None if kept == "only-newest" else int(kept), time.time())
        case ["remove", snapshot]:
            remove(place, snapshot)
        case ["restic", *words] if words:
            sys.stdout.write(place.ask(*words))
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
