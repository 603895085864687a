"""What the knowledge base has on a message: searched by its words, its questions one by one, and in other words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.composing.fitting import ANSWERS, folded
from app.deadline import Deadline
from app.guardrail import KnownWords, known_words
from app.knowledge.retriever import Asked, Found, Retriever
from app.turn.apart import going_on, leaning, likeliest_first, with_first_of, with_going_on
from app.turn.bots import Bot
from app.turn.compatible import compatible
from app.turn.unnamed import strange
from app.types import Passage, Snapshot, Step

_USUAL = 0.6
"""How likely a section must answer the usual words of a wish to be said to who has not said them."""


async def search(
    step: Step,
    snapshot: Snapshot,
    now: datetime,
    bot: Bot,
    *,
    top_k: int,
    text: str = "",
    deadline: Deadline | None = None,
) -> Found:
    """What the knowledge base has on it: nothing when the step searches nothing. `text` is the customer's message."""
    if step.query is None:
        return Found((), version=bot.knowledge.version)
    today = today_of(bot, now)
    without = (*step.without, *strange(step, words_of(bot.knowledge.current)))
    found = await bot.knowledge.find(
        step.query,
        top_k=top_k,
        today=today,
        previous=_previous_message(step, snapshot),
        without=without,
        deadline=deadline,
    )
    passages = likeliest_first(found.passages)
    if step.queries:
        asked = [
            Asked(query, last, without) for query, last in leaning(step.queries, _previous_message(step, snapshot))
        ]
        apart = await bot.knowledge.find_all(asked, top_k=top_k, today=today, deadline=deadline)
        if beside := dict(going_on(step.queries, apart)):
            again = [Asked(query, without=without) for query in beside.values()]
            more = await bot.knowledge.find_all(again, top_k=top_k, today=today, deadline=deadline)
            apart = with_going_on(apart, dict(zip(beside, more, strict=True)))
        passages = with_first_of(found, apart, step.queries, step.language)
    passages = _spoken(passages, step, bot)
    if step.wider is None or any(passage.answers is None or passage.answers >= ANSWERS for passage in passages):
        return replace(found, passages=passages)
    wider = await bot.knowledge.find(step.wider, top_k=top_k, today=today, without=without, deadline=deadline)
    return replace(wider, passages=_spoken(likeliest_first(_usual(wider, step, text)), step, bot) or passages)


def _usual(wider: Found, step: Step, text: str) -> tuple[Passage, ...]:
    """What the wider search found; where it asked other words than his, only what answers those as good as surely."""
    asked, other = set(folded(step.query or "")), set(folded(step.wider or ""))
    own = asked <= other or other <= asked or other <= set(folded(text))
    return tuple(p for p in wider.passages if own or p.answers is None or p.answers >= _USUAL)


def _spoken(passages: Sequence[Passage], step: Step, bot: Bot) -> tuple[Passage, ...]:
    """What answers the kind of question, each section in the language of the answer where it is written in it too.

    Nothing where only the last finds are left, at whose words nobody looked while those before were judged.
    """
    known = bot.knowledge.current
    kept = compatible(step, passages, reduces=bool(known.catalogue.reductions))
    unread = all(p.answers is None for p in kept) and any(p.answers is not None for p in passages)
    return () if unread else known.twins.spoken(kept, step.language)


def today_of(bot: Bot, now: datetime) -> date:
    """The day that it is where the shop is."""
    return now.astimezone(ZoneInfo(bot.timezone)).date()


@lru_cache(maxsize=8)
def words_of(found: Retriever) -> KnownWords:
    """The words that the sections hold."""
    return known_words(found.sections, found.shop)


def _previous_message(step: Step, snapshot: Snapshot) -> str | None:
    """What the customer wrote before, unless that ended the topic, or was not what he meant."""
    if snapshot.state.closed or ("correction" in step.intents and step.without and not snapshot.state.priced):
        return None
    return next((exchange.user for exchange in reversed(snapshot.history) if exchange.user), None)
