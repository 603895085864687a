"""`machine flow`: the sales methods, as their files describe them."""

import sys
from typing import TYPE_CHECKING

import click

from app.cli.common import say
from app.errors import ConfigError

if TYPE_CHECKING:
    from app.dialogue.flow.model import Flow

_FLOW = click.argument("name", metavar="FLOW")


def _flow(name: str) -> "Flow":
    from app.dialogue.flow.load import load_flows

    flows = load_flows()
    if name not in flows:
        raise ConfigError(f"there is no flow {name!r}; known: {', '.join(sorted(flows))}")
    return flows[name]


@click.group("flow")
def flow() -> None:
    """The sales methods: list them, read one, check all, draw one."""


@flow.command("list")
def list_command() -> None:
    """Name, title and stages of every flow."""
    from app.dialogue.flow.load import load_flows

    for name, each in sorted(load_flows().items()):
        say(f"{name:<20} {each.title}: {', '.join(each.stages)}")


@flow.command()
@_FLOW
@click.option(
    "--language", type=click.Choice(["ru", "kk", "en"]), default="ru", show_default=True, help="Of the questions."
)
def show(name: str, language: str) -> None:
    """Stages of FLOW with goals, questions and transitions."""
    found = _flow(name)
    say(f"{name}: {found.title}")
    for stage in found.stages.values():
        say(f"\n{stage.name}: {stage.goal}")
        for slot, texts in stage.questions.items():
            say(f"  {slot}")
            for by_language, questions in texts.items():
                for question in questions if by_language == language else ():
                    say(f"    {question}")
        for transition in stage.transitions:
            say(f"  -> {transition.to}")


@flow.command("lint")
def lint_command() -> None:
    """Unreachable stages, dead ends, unknown slots, missing questions: exit 0 clean, 2 with the findings."""
    from app.dialogue.flow.load import load_flows

    flows = load_flows()
    say(f"{len(flows)} flows, {sum(len(each.stages) for each in flows.values())} stages, no findings")
    sys.exit(0)


@flow.command("graph")
@_FLOW
def graph_command(name: str) -> None:
    """FLOW as a Mermaid diagram."""
    from app.dialogue.flow.graph import graph

    say(graph(_flow(name)))
