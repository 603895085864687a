"""What a turn's prompt is written from: the bot's dialogue and knowledge, the conversation, the moment."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.dialogue.wording import aim, courteous, fields
from app.knowledge.retriever import Retriever
from app.prompt import moment
from app.settings import Settings
from app.turn.bots import Bot
from app.turn.earlier import ANSWER, REMEMBERED, borne_out, figured
from app.types import Ask, Deciding, Passage, Prompt, Section, Snapshot, Step

_MOST_SAID = 2
_MOST_BORNE = 6
_STATED = 2
"""Sections of a price: what states it, and what says most of it."""
_SEVERAL = 3
"""Products of a section that lists prices."""
_NEAR = 2


def written(
    step: Step,
    passages: tuple[Passage, ...],
    ask: Ask,
    snapshot: Snapshot,
    bot: Bot,
    *,
    now: datetime,
    settings: Settings,
    deciding: tuple[Deciding, ...],
) -> Prompt:
    """The prompt of a turn. What stands in its last message may change; the system text is one for a bot's flow."""
    shown = [passage.section.text for passage in passages] + [each.said for each in deciding]
    return bot.prompts.build(
        step,
        passages,
        snapshot,
        ask.text,
        method=bot.dialogue.title(step.state.flow),
        goal=aim(bot.dialogue, step),
        slots=bot.dialogue.known(step.state),
        told=bot.dialogue.own_words(step.state),
        media=ask.media,
        wanted=bot.dialogue.wanted(step.state),
        structured=settings.flags.structured,
        deciding=deciding,
        shop=bot.knowledge.current.shop,
        fields=fields(bot.dialogue, step.state.flow),
        earlier=named_before(snapshot, bot.knowledge.current, "\n".join(shown)),
        moment=_moment(bot, now),
        courtesy=courteous(bot.dialogue, step),
    )


def opening(bot: Bot, flow: str, settings: Settings) -> str:
    """The system text of a flow: what a model is warmed up with."""
    return bot.prompts.system(
        bot.dialogue.title(flow),
        structured=settings.flags.structured,
        shop=bot.knowledge.current.shop,
        fields=fields(bot.dialogue, flow),
    )


def _moment(bot: Bot, now: datetime) -> str:
    hours = bot.dialogue.hours
    return moment(now.astimezone(ZoneInfo(bot.timezone)), hours.open, hours.close, working=hours.working(now))


def named_before(snapshot: Snapshot, found: Retriever, shown: str = "") -> tuple[str, ...]:
    """Sentences of our newest answers that name figures of ours, oldest first; none that `shown` says anyway.

    A figure counts that is a price of today, as many times one as the sentence says, or the sum of its sentence: what
    the knowledge no longer says is not called ours.
    """
    prices = frozenset(price.amount for offer in found.catalogue.offers for price in offer.prices if price.amount)
    said: dict[str, None] = {}
    for exchange in reversed(snapshot.history[-REMEMBERED:]):
        if exchange.source == "machine":
            for sentence in figured(exchange.answer[:ANSWER]):
                if len(said) < _MOST_SAID and sentence not in shown and borne_out(sentence, prices):
                    said.setdefault(sentence)
    return tuple(reversed(said))


def bearing(
    deciding: Sequence[Deciding], snapshot: Snapshot, found: Retriever, today: date, shown: Sequence[Passage]
) -> tuple[Passage, ...]:
    """Sections, besides those `shown`, that the prompt's figures rest on: a draft may say them in its own words."""
    prices = [price for offer in found.catalogue.offers for price in offer.prices if price.amount]
    known = frozenset(price.amount for price in prices)
    named = {each for line in named_before(snapshot, found) for each in borne_out(line, known)}
    of = [name for price in prices if price.amount in named for name in price.sections[:_STATED]]
    wanted = [*(name for each in deciding for name in each.sections), *of]
    missing = dict.fromkeys(name for name in wanted if all(name != passage.section.id for passage in shown))
    held = {section.id: section for section in _valid(found.sections, today) if section.id in missing}
    return tuple(Passage(held[name], 0.0) for name in missing if name in held)[:_MOST_BORNE]


def with_prices(
    step: Step, found: tuple[Passage, ...], bot: Bot, today: date, deciding: Sequence[Deciding]
) -> tuple[Passage, ...]:
    """What was found, with the shop's list of prices behind the best where prices were asked and none was found.

    Which product is meant is not always heard: the list lets a model say what there is.
    """
    if deciding or "price" not in step.intents or step.query is None or (found and _priced(found[0].section)):
        return found
    lists = [section for section in _valid(bot.knowledge.sections, today) if len(_priced(section)) >= _SEVERAL]
    own = [section for section in lists if section.language == step.language] or lists
    best = max(own, key=lambda section: (section.priority, len(_priced(section))), default=None)
    if best is None or any(passage.section.id == best.id for passage in found[:_NEAR]):
        return found
    return (*found[:1], Passage(best, 0.0), *(passage for passage in found[1:] if passage.section.id != best.id))


def _valid(sections: Sequence[Section], today: date) -> Iterator[Section]:
    """What may be said on the day that it is where the shop is."""
    return (section for section in sections if section.valid_until is None or section.valid_until >= today)


def _priced(section: Section) -> frozenset[str]:
    """What a section gives a price of."""
    return frozenset(fact.product or fact.name for fact in section.facts if fact.currency)
