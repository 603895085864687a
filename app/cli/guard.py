"""`machine guard`: what the guardrail says of a draft."""

import sys
from pathlib import Path
from typing import cast

import click

from app.cli.common import knowledge_folder, say
from app.cli.options import KB
from app.errors import ConfigError


@click.command()
@click.argument("draft")
@click.option("--passages", default="", help="Ids of the sections in use, comma separated.")
@KB
@click.option("--customer", multiple=True, help="What the customer wrote; may repeat.")
@click.option(
    "--language", type=click.Choice(["ru", "kk", "en"]), default="ru", show_default=True, help="To answer in."
)
@click.option("--must", multiple=True, help="A sentence that decides what was asked; may repeat.")
def guard(
    draft: str,
    passages: str,
    knowledge: Path | None,
    customer: tuple[str, ...],
    language: str,
    must: tuple[str, ...],
) -> None:
    """Say of DRAFT whether it is true and whether it answers: every check that spoke, with its place.

    Exits with 1 when it would not be sent as it is.
    """
    from app.guardrail import Context, check, explain, known_addresses, known_words
    from app.knowledge.sections import load
    from app.types import Deciding, Language, Passage

    base = load(knowledge_folder(knowledge))
    known = {section.id: section for section in base.sections}
    wanted = [name.strip() for name in passages.split(",") if name.strip()]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ConfigError(f"the knowledge base has no section {missing[0]!r}; find ids with: machine kb search")
    used = tuple(Passage(known[name], 1.0) for name in wanted)
    context = Context(
        used,
        customer=customer,
        language=cast(Language, language),
        shop=base.shop,
        contacts=known_addresses(base.sections),
        known=known_words(base.sections, base.shop),
        languages=frozenset(section.language for section in base.sections),
        deciding=tuple(Deciding("term", each) for each in must),
        asked=any("?" in message for message in customer[-1:]),
    )
    verdict = check(draft, context)
    say(explain(verdict, draft))
    sys.exit(0 if verdict.fit else 1)
