"""Where to draw the guardrail's lines, from drafts with verdicts, and what each line gains.

A line is fitted to judge as many as it can rightly of honest drafts and of lies alike. Every figure that is promised is
of drafts that had no part in choosing: each fifth of them is judged with the line that fits the other four fifths best.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from app.errors import ConfigError
from app.evaluation.guarding.judging import Ruling
from app.evaluation.weighing import folds_of, held_out
from app.types import Language

FEWEST = 20
"""Drafts of either kind that tell something of a line."""
LEAST_GAIN = 0.01
"""Of balanced accuracy: below that nobody sees a difference."""
_ERRORS = 2.0
"""Standard errors that a gain must reach: an owner pays for a line with honest answers."""
_STEPS = tuple(round(0.01 * step, 2) for step in range(1, 100))
_QUANTILES = np.linspace(0.01, 0.99, 50)
"""Scores of a model may crowd at an end: some of the drafts' own are tried beside the steps."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Honest drafts that were refused, lies that passed, and the mean of the shares that were judged rightly."""

    refused: int
    passed: int
    balanced: float


@dataclass(frozen=True, slots=True)
class Line:
    """One setting, fitted: `setting` is its place below `guardrail`."""

    setting: tuple[str, ...]
    honest: int
    lies: int
    without: Counted
    """By the checks before it."""
    held_out: Counted
    """With the line that the other drafts chose."""
    value: float
    """The line that all of them choose; 0: none."""
    gain: float
    """Balanced accuracy of `held_out` over `without`."""
    error: float
    """Standard error of that gain."""

    @property
    def worth(self) -> bool:
        """Whether the gain is more than chance and large enough to see."""
        return self.value > 0 and self.gain >= max(LEAST_GAIN, _ERRORS * self.error)


@dataclass(frozen=True, slots=True)
class Fitting:
    """All lines that could be fitted, and those for which there are too few drafts."""

    lines: tuple[Line, ...]
    too_few: tuple[tuple[str, int, int], ...]
    """(setting, honest drafts, lies)"""

    @property
    def worth(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.worth)


def fit(rulings: Sequence[Ruling], *, entailment: bool) -> Fitting:
    """The share of each language, and behind the shares that are worth it the model's line, if there is a model.

    Raises ConfigError where drafts of a kind are missing altogether.
    """
    for kind, word in ((True, "honest"), (False, "a lie")):
        if not any(ruling.case.honest is kind for ruling in rulings):
            raise ConfigError(f"drafts: none of the {len(rulings)} is {word}; a line needs both kinds")
    lines: list[Line] = []
    too_few: list[tuple[str, int, int]] = []
    passed = [ruling.otherwise for ruling in rulings]

    def draw(setting: tuple[str, ...], own: Sequence[int], of: Callable[[Ruling], float]) -> None:
        honest = sum(rulings[n].case.honest for n in own)
        if min(honest, len(own) - honest) < FEWEST:
            too_few.append((".".join(setting), honest, len(own) - honest))
            return
        line = _line(setting, [rulings[n] for n in own], [passed[n] for n in own], of)
        lines.append(line)
        if line.worth:
            for n in own:
                passed[n] = passed[n] and of(rulings[n]) >= line.value

    for language in get_args(Language):
        if own := [n for n, ruling in enumerate(rulings) if ruling.language == language]:
            draw(("borne_out", language), own, lambda ruling: ruling.share)
    if entailment:
        draw(("entailment", "threshold"), range(len(rulings)), lambda ruling: ruling.score)
    return Fitting(tuple(lines), tuple(too_few))


def _line(
    setting: tuple[str, ...], rulings: Sequence[Ruling], passed: Sequence[bool], of: Callable[[Ruling], float]
) -> Line:
    """`passed` are those that the checks before it let through."""
    honest = np.array([ruling.case.honest for ruling in rulings])
    before = np.array(passed)
    values = np.array([of(ruling) for ruling in rulings])
    steps = sorted({*_STEPS, *(float(f"{each:.3g}") for each in np.quantile(values, _QUANTILES) if 0 < each < 1)})

    def choose(among: Sequence[int]) -> float:
        rows = np.array(among)
        tried = {least: _balanced(honest[rows], before[rows] & (values[rows] >= least)) for least in (0.0, *steps)}
        best = max(tried.values())
        # Of those as good the middle one: drafts that nobody has seen lie on both sides of it.
        good = [least for least, found in tried.items() if found > best - 1e-9]
        return 0.0 if 0.0 in good else good[len(good) // 2]

    lines = np.array(held_out(folds_of([ruling.case.draft for ruling in rulings]), choose))
    after = before & (values >= lines)
    gained = (after == honest).astype(float) - (before == honest).astype(float)
    kinds = [gained[honest], gained[~honest]]
    return Line(
        setting,
        int(honest.sum()),
        int((~honest).sum()),
        _counted(honest, before),
        _counted(honest, after),
        choose(range(len(rulings))),
        round(sum(float(kind.mean()) for kind in kinds if len(kind)) / 2, 4),
        round(math.sqrt(sum(float(kind.var()) / len(kind) for kind in kinds if len(kind))) / 2, 4),
    )


def _counted(honest: np.ndarray, passes: np.ndarray) -> Counted:
    return Counted(int((honest & ~passes).sum()), int((~honest & passes).sum()), round(_balanced(honest, passes), 4))


def _balanced(honest: np.ndarray, passes: np.ndarray) -> float:
    right = [float((passes[kind] == honest[kind]).mean()) for kind in (honest, ~honest) if kind.any()]
    return sum(right) / len(right) if right else 0.0


def settings_of(lines: Iterable[Line], bot: str | None) -> list[str]:
    """What to put into the settings, a line each; `bot` is the one whose knowledge it is, None for the default one."""
    lines = list(lines)
    shares = {line.setting[1]: line.value for line in lines if line.setting[0] == "borne_out"}
    written = [f"borne_out: {{{', '.join(f'{name}: {value:g}' for name, value in shares.items())}}}"] if shares else []
    model = [f"threshold: {line.value:g}" for line in lines if line.setting[0] == "entailment"]
    machine = [] if bot else written
    shown = ["bots:", f"  {bot}:", *(f"    {line}" for line in written)] if bot and written else []
    if machine or model:
        shown += ["guardrail:", *(f"  {line}" for line in machine)]
        shown += ["  entailment:", *(f"    {line}" for line in model)] if model else []
    return shown
