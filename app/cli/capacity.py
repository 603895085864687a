"""`machine capacity`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.cli.common import say
from app.cli.options import JSON
from app.errors import ConfigError

_COLUMNS = (
    ("answer_tokens", "answer"),
    ("slots", "slots"),
    ("per_minute", "a minute"),
    ("p95_s", "p95 s"),
    ("p99_s", "p99 s"),
    ("refused_share", "refused"),
    ("flood_per_minute", "at 4 times"),
    ("flood_p99_s", "p99 s"),
    ("dialogues_a_day", "dialogues/day"),
)


@click.command()
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    default=None,
    help="JSON of a measured card [a GEX44 as estimated].",
)
@click.option(
    "--fresh", type=click.IntRange(1), default=408, show_default=True, help="Prompt tokens that no cache holds."
)
@click.option(
    "--answer", "answers", type=click.IntRange(1), multiple=True, default=(120, 200, 300), show_default=True,
    help="Tokens of an answer; may repeat.",
)  # fmt: skip
@click.option(
    "--slots", type=click.IntRange(1, 16), multiple=True, default=(1, 2, 3, 4), show_default=True,
    help="Turns worked on at the same time; may repeat.",
)  # fmt: skip
@click.option("--turns", type=click.FloatRange(1), default=8, show_default=True, help="Answers in a dialogue.")
@click.option(
    "--peak", type=click.FloatRange(0.04, 1), default=0.12, show_default=True,
    help="Share of a day's messages in its busiest hour.",
)  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other arrivals.")
@JSON
@click.option("--plot", type=click.Path(path_type=Path), default=None, help="SVG file of rates by answer length.")
def capacity(
    profile: Path | None,
    fresh: int,
    answers: tuple[int, ...],
    slots: tuple[int, ...],
    turns: float,
    peak: float,
    seed: int,
    as_json: bool,
    plot: Path | None,
) -> None:
    """How many turns a minute and dialogues a day a card answers with p95 <= 30 s and p99 <= 45 s."""
    from app.capacity.table import load_card, table

    card = load_card(profile)
    rows = table(card, fresh=fresh, answers=answers, slots=slots, turns=turns, peak=peak, seed=seed)
    if plot is not None:
        try:
            plot.write_text(_plotted(rows, fresh), "utf-8")
        except OSError as error:
            raise ConfigError(f"the plot cannot be written: {error}; name another file with --plot") from error
    if as_json:
        speeds = {name: getattr(card, name) for name in ("decode_tps", "prefill_tps", "gain", "retrieval_s")}
        say(json.dumps({"card": speeds, "fresh_tokens": fresh, "turns": turns, "peak": peak, "rows": rows}))
        return
    gains = "/".join(f"{value:g}" for value in card.gain)
    say(
        f"card: {card.decode_tps:g} tokens/s alone, gain {gains}, prompts {card.prefill_tps:g} tokens/s, "
        f"search {card.retrieval_s:g} s{'' if profile else ' (estimated)'}"
    )
    say(f"load: {fresh} fresh prompt tokens, {turns:g} answers a dialogue, {peak:.0%} of a day in its busiest hour")
    say("  ".join(f"{title:>13}" for _, title in _COLUMNS))
    for row in rows:
        say("  ".join(f"{_shown(name, row[name]):>13}" for name, _ in _COLUMNS))
    say("times and 'a minute' with nobody refused; 'refused' is the share that admission turns away at that rate")


def _shown(name: str, value: float) -> str:
    return f"{value:.1%}" if name == "refused_share" else f"{value:g}"


def _plotted(rows: Sequence[Mapping[str, float]], fresh: int) -> str:
    from app.capacity.chart import Series, chart

    lines = [
        Series(
            f"{slots:g} slots",
            [(row["answer_tokens"], row["per_minute"]) for row in rows if row["slots"] == slots],
        )
        for slots in sorted({row["slots"] for row in rows})
    ]
    return chart(f"Turns a minute in time, {fresh} fresh prompt tokens", lines, x="tokens of an answer", y="a minute")
