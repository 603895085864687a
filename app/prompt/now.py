"""The moment of a turn in words: the day, the time, and whether people answer now."""

from datetime import datetime, time

from app.prompt.words import table


def moment(local: datetime, opens: time, closes: time, *, working: bool) -> str:
    """`local` is on the shop's clock; people answer from `opens` to `closes`, round the clock where both are one."""
    words = table("words")
    name = "always_open" if opens == closes else "open" if working else "closed"
    return str(words["moment"]).format(
        weekday=words["weekdays"][local.weekday()],
        day=local.day,
        month=words["months"][local.month - 1],
        time=f"{local:%H:%M}",
        hours=words[name].format(open=f"{opens:%H:%M}", close=f"{closes:%H:%M}"),
    )
