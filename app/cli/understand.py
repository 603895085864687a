"""`machine understand`: what the machine reads in a message, and learning its acts anew from the examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.common import say
from app.cli.options import JSON, SETTINGS
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.understanding.acts import Classifier

_SHOWN = 4  # acts of a text
_LEAST = 0.05  # probability of one that is shown


@dataclass(frozen=True, slots=True)
class _Case:
    text: str
    acts: frozenset[str]


class _Texts(click.Group):
    """A group whose command `text` needs no name: `machine understand "how much is it?"`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["text", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Texts)
def understand() -> None:
    """What a message tells and asks: `machine understand "TEXT"...`."""


@understand.command("text")
@click.argument("texts", nargs=-1)
@click.option(
    "--file", "texts_file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A text on each line."
)
@click.option("--at", default=None, help="The moment it is written at, ISO 8601 with an offset [now].")
@click.option("--bot", "bot_name", default="default", show_default=True, help="Whose own examples count.")
@SETTINGS
@JSON
def text(
    texts: tuple[str, ...], texts_file: Path | None, at: str | None, bot_name: str, file: Path | None, as_json: bool
) -> None:
    """Print clauses, language, acts with their probabilities and the figures of each text."""
    lines = [*texts, *(texts_file.read_text("utf-8").splitlines() if texts_file else ())]
    if not lines:
        raise ConfigError("there is no text; name one, or a file with --file")
    moment, classifier = _moment(at), _classifier(bot_name, file)
    for line in lines:
        read = _read(line, moment, classifier)
        say(json.dumps(read, ensure_ascii=False) if as_json else "\n".join(_shown(read)) + "\n")


@understand.command("eval")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@JSON
def evaluate(file: Path, as_json: bool) -> None:
    """Share of right acts on FILE: JSON lines with `text` and `acts`."""
    from app.understanding.acts import Classifier

    classifier = Classifier.load()
    cases = list(_cases(file))
    scored = [(case, classifier.scored(case.text)) for case in cases]
    right = sum(found.best in case.acts for case, found in scored)
    sure = [(case, found) for case, found in scored if found.acts and found.acts[0][1] >= 0.6]
    sure_right = sum(found.best in case.acts for case, found in sure)
    figures = {
        "cases": len(cases),
        "right": round(right / len(cases), 4),
        "sure": round(len(sure) / len(cases), 4),
        "right_when_sure": round(sure_right / len(sure), 4) if sure else None,
    }
    if as_json:
        say(json.dumps(figures))
        return
    for name, value in figures.items():
        say(f"{name}: {value}")
    for case, found in scored:
        if found.best not in case.acts:
            say(f"  {', '.join(sorted(case.acts))}, heard {found.best}: {case.text}")


@understand.command("train")
@click.option("--check", is_flag=True, help="Only say whether the weights were learnt from the examples as they are.")
def train(check: bool) -> None:
    """Learn the acts from the package's examples and write the weights beside them (a developer's command)."""
    import app.understanding
    from app.understanding.acts import WEIGHTS, learnt_from, load_examples
    from app.understanding.training import fingerprint, learn

    examples = load_examples()
    if check:
        if learnt_from() != fingerprint(examples):
            raise ConfigError("the weights are older than the examples; run: machine understand train")
        say("the weights are of these examples")
        return
    learnt = learn(examples)
    Path(app.understanding.__path__[0], WEIGHTS).write_bytes(learnt.content)
    say(
        f"kept aside: {learnt.accuracy:.3f} right, {learnt.sure:.3f} sure, {learnt.right_when_sure:.3f} right when sure"
    )


def _moment(at: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(at) if at else datetime.now(UTC)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise ConfigError(f"--at is {at!r}; write a moment with its offset: 2026-11-30T10:15:00+05:00")
    return moment


def _classifier(bot: str, file: Path | None) -> "Classifier":
    """The bot's, with its own examples if it has any."""
    from app.service.assembly import classifiers_of
    from app.settings import load
    from app.turn.bots import DEFAULT
    from app.understanding.acts import Classifier

    settings = load(file)
    if bot not in (DEFAULT, *settings.bots):
        raise ConfigError(f"there is no bot {bot!r}; known: {', '.join((DEFAULT, *settings.bots))}")
    return classifiers_of(settings).get(bot) or Classifier.load()


def _read(line: str, at: datetime, classifier: "Classifier") -> dict[str, Any]:
    from app.language.durations import durations
    from app.language.identify import identify
    from app.language.money import money
    from app.language.numerals import numbers
    from app.language.scripts import meant
    from app.language.times import times
    from app.reading.prefix import split_media
    from app.reading.read import read

    media, text = split_media(line)
    whole = meant(text)
    message = read(whole.text, media)
    heard = identify(whole, "ru")
    own = message.own
    return {
        "text": line,
        "meant": whole.text,
        "language": heard.language,
        "answer_in": heard.answer,
        "media": message.media,
        "own": own,
        "aside": [{"kind": part.kind, "text": part.text} for part in message.aside],
        "clauses": [
            {"text": clause.text, "mood": clause.mood, "acts": _acts(classifier.scored(clause.text).acts)}
            for clause in message.clauses
        ],
        "acts": _acts(classifier.scored(own).acts),
        "numbers": [{"value": float(found.value)} for found in numbers(own)],
        "money": [{"amount": float(found.amount), "currency": found.currency} for found in money(own)],
        "durations": [{"seconds": float(found.seconds)} for found in durations(own)],
        "times": [
            {"from": found.from_.isoformat(), "to": found.to.isoformat(), "grain": found.grain}
            for found in times(own, at)
        ],
    }


def _acts(scored: tuple[tuple[str, float], ...]) -> dict[str, float]:
    return {act: round(chance, 3) for act, chance in scored[:_SHOWN] if chance >= _LEAST}


def _shown(read: dict[str, Any]) -> Iterator[str]:
    yield read["text"]
    yield f"  language: {read['language']}, answered in {read['answer_in']}; {read['media']}"
    if read["meant"] != read["text"]:
        yield f"  meant: {read['meant']}"
    for part in read["aside"]:
        yield f"  aside ({part['kind']}): {part['text']}"
    for clause in read["clauses"]:
        acts = ", ".join(f"{act} {chance:.2f}" for act, chance in clause["acts"].items())
        yield f"  {clause['mood']}: {clause['text']} [{acts or 'unsure'}]"
    for name in ("numbers", "money", "durations", "times"):
        if read[name]:
            yield f"  {name}: {', '.join(' '.join(str(value) for value in found.values()) for found in read[name])}"


def _cases(file: Path) -> Iterator[_Case]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            yield _Case(str(row["text"]), frozenset(row["acts"]))
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f'{file.name}:{number}: write {{"text": "...", "acts": ["..."]}}') from None
