"""A turn in the dry before the first customer's: words, tables and pages that each turn needs are read by then.

They are read when first asked for, and that takes as long as ten turns: the first customer would wait for it, and the
event loop with him.
"""

from datetime import datetime

from app.composing.extractive import compose
from app.knowledge.found import Found
from app.settings import Settings
from app.turn.bots import Bot
from app.turn.chain import decide, judge, plan, reckon
from app.turn.searching import today_of
from app.types import Ask, Draft, Key, Snapshot

_NOBODY = Key("", "")


def rehearse(bot: Bot, settings: Settings, now: datetime, *, wants_prompt: bool) -> None:
    """Answers the bot's own first question in each language that its sections are written in, and tells nobody.

    Pure, but for what the rooms of a turn keep of what they have read. Raises what such a turn raises.
    """
    known = bot.knowledge.current
    asked = {section.language: (*section.questions, section.title)[0] for section in reversed(known.sections)}
    before = Snapshot(_NOBODY)
    for question in asked.values():
        longest = max(question.split(), key=len, default="")
        unknown = f"{longest[::-1]} {longest[:2]}{longest[3:]}"  # nobody knows them: the spelling reads its lists
        ask = Ask(_NOBODY, f"{question} 2", "rehearsal")
        step = decide(ask, before, now, bot)
        passages = known.search(
            f"{step.query or question} {unknown}", top_k=settings.retriever.top_k, today=today_of(bot, now)
        )
        deciding = reckon(step, ask, before, now, bot)
        found = Found(passages, version=known.version)
        planned = plan(
            step, found, ask, before, bot, settings=settings, wants_prompt=wants_prompt, deciding=deciding, now=now
        )
        drafts = [Draft(compose(planned.prompt).text, "rehearsal", planned.passages)]
        judge(planned, drafts, ask, before, bot)
