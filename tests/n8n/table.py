"""The table of behaviours, from what a run showed."""

from typing import Literal

from tests.n8n.play import Run
from tests.n8n.scenarios import FALLBACK, SCENARIOS, Scenario

Language = Literal["en", "ru"]
_HEAD: dict[Language, tuple[str, ...]] = {
    "en": (
        "what happens",
        "calls that arrive",
        "the customer gets",
        "the machine remembers the fallback",
        "people are told",
    ),
    "ru": ("что происходит", "дошло вызовов", "клиент получает", "машина помнит запасной ответ", "узнали люди"),
}
_WORDS: dict[Language, dict[str | bool, str]] = {
    "en": {
        "machine": "the answer",
        "fallback": "the fallback",
        "nothing": "nothing",
        True: "yes",
        False: "-",
        "people": "Telegram, mail",
        "s": "after",
    },
    "ru": {
        "machine": "ответ машины",
        "fallback": "запасной ответ",
        "nothing": "ничего",
        True: "да",
        False: "-",
        "people": "Telegram, почта",
        "s": "через",
    },
}


def rows(run: Run, language: Language, *, timed: bool = False) -> list[str]:
    """Lines of a Markdown table; `timed` adds the seconds from the last webhook to the first word delivered."""
    head = [*_HEAD[language], *([_WORDS[language]["s"]] if timed else [])]
    lines = [_line(head), "|" + "---|" * len(head)]
    return lines + [_line(_cells(run, scenario, language, timed)) for scenario in SCENARIOS]


def _cells(run: Run, scenario: Scenario, language: Language, timed: bool) -> list[str]:
    words = _WORDS[language]
    texts = run.channels.texts(scenario.user)
    who = "nothing" if not texts else "fallback" if FALLBACK in texts else "machine"
    cells = [
        scenario.title if language == "en" else scenario.title_ru,
        str(len(run.line.asked(scenario.user))),
        words[who] + (f" ({len(texts)})" if len(texts) > 1 else ""),
        words[bool(run.told(scenario.user))],
        words["people" if any(run.people_told(scenario.user).values()) else False],
    ]
    return [*cells, f"{run.seconds(scenario):.1f} s" if timed and texts else ""][: 6 if timed else 5]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
