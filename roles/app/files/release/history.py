"""The way that led to the release that serves, a step per release: going back twice goes back two releases."""

import json

from state import CODE, HISTORY, State, text, write

_MOST = 10


def steps() -> list[State]:
    """The states before the one that serves, the newest last; only those whose release is still installed."""
    saved = [State(**each) for each in json.loads(text(HISTORY) or "[]")]
    return [state for state in saved if (CODE / "releases" / str(state.release) / "venv/bin/machine").exists()]


def remember(former: State, wanted: State) -> None:
    """Takes the step from `former` to `wanted`. To return to the newest step removes it: that is a step back."""
    if former.release == wanted.release:
        return
    before = steps()
    if before and before[-1].release == wanted.release:
        before.pop()
    else:
        before.append(former)
    write(HISTORY, json.dumps([state.__dict__ for state in before[-_MOST:]]), 0o600, "root")
