"""Drafts judged as the service judges them: the conversation is walked, then the guardrail has the turn's context."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.errors import ConfigError
from app.evaluation.guarding.drafts import JudgedDraft
from app.guardrail import Context, check, lowest_share
from app.knowledge.found import Found
from app.knowledge.models import Degraded, EntailerCalls, Models
from app.knowledge.sections import KnowledgeBase, digest
from app.knowledge.shelf import Knowledge, build_retriever
from app.language.identify import identify
from app.reading.prefix import split_media
from app.settings import Settings
from app.turn.bots import Bot
from app.turn.chain import decide, guard_context, plan, reckon
from app.turn.entailing import entailed_by
from app.turn.searching import search, today_of
from app.types import Ask, Exchange, Key, Language, Passage, Section, Snapshot

_NOON = time(12)
_MANY = 50
"""Passages that a draft may name: more than a model is shown."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the guardrail makes of a draft, and what the lines that can be fitted are drawn through."""

    case: JudgedDraft
    language: Language
    findings: tuple[tuple[str, str], ...]
    """(check, detail) of what is not true in it; none: it may be sent."""
    lacks: tuple[tuple[str, str], ...]
    """The same of what it does not answer: it would not be sent as it is, but completed, cut or replaced."""
    otherwise: bool
    """Whether it may be sent by the checks that have no line to fit."""
    share: float
    """The least that is borne out of a sentence, 0..1."""
    score: float
    """The least that the entailment model gives a sentence, 0..1; 1 without one."""

    @property
    def passes(self) -> bool:
        """Of an honest draft whether it is held true, of another whether it goes out as it is."""
        return not self.findings and (self.case.honest or not self.lacks)

    @property
    def wrong(self) -> bool:
        return self.passes is not self.case.honest


@dataclass(frozen=True, slots=True)
class GuardReport:
    """Counts over judged drafts."""

    rulings: tuple[Ruling, ...]

    @property
    def wrong(self) -> tuple[Ruling, ...]:
        """Honest drafts that were refused and lies that passed, in their order."""
        return tuple(ruling for ruling in self.rulings if ruling.wrong)

    def count(self, *, honest: bool, wrong: bool = False) -> int:
        """Drafts of a kind, or those of them that were judged wrongly."""
        return sum(r.case.honest is honest and (r.wrong or not wrong) for r in self.rulings)

    @property
    def balanced(self) -> float:
        """The mean of the shares that were judged rightly of honest drafts and of lies, 0..1."""
        counts = [(self.count(honest=each), self.count(honest=each, wrong=True)) for each in (True, False)]
        right = [1 - wrong / count for count, wrong in counts if count]
        return sum(right) / len(right)

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Kind -> its drafts and those judged wrongly, in the order of the files."""
        names = [ruling.case.kind or ("honest" if ruling.case.honest else "lie") for ruling in self.rulings]
        wrong = Counter(name for name, ruling in zip(names, self.rulings, strict=True) if ruling.wrong)
        return {name: {"drafts": count, "wrong": wrong[name]} for name, count in Counter(names).items()}

    def as_json(self) -> dict[str, Any]:
        """As `machine guard eval --json` prints it."""
        return {
            "honest": self.count(honest=True),
            "honest_refused": self.count(honest=True, wrong=True),
            "lies": self.count(honest=False),
            "lies_passed": self.count(honest=False, wrong=True),
            "by_kind": self.by_kind(),
        }


async def contexts(cases: Sequence[JudgedDraft], bot: Bot, settings: Settings) -> list[Context]:
    """What each draft would be judged against. Raises ConfigError for a section that the knowledge has not."""
    judge = _Judge(bot, settings, _held(cases, bot), None)
    return [await judge.context(case) for case in cases]


async def judge_drafts(
    cases: Sequence[JudgedDraft], bot: Bot, settings: Settings, models: Models | None = None
) -> GuardReport:
    """Judges each draft as a turn of the bot would. Raises ConfigError for a section that the knowledge has not, or
    where the entailment model did not answer: figures without it would be another machine's."""
    judge = _Judge(bot, settings, _held(cases, bot), models.entail if models else None)
    return GuardReport(tuple([await judge.ruling(case) for case in cases]))


def _held(cases: Sequence[JudgedDraft], bot: Bot) -> Mapping[str, Section]:
    """Id -> section of the bot's knowledge, where it has all that the drafts name."""
    held = {section.id: section for section in bot.knowledge.sections}
    for case in cases:
        missing = next((name for name in case.sections or () if name not in held), None)
        if missing is not None:
            raise ConfigError(
                f"draft {case.id!r}: the knowledge base has no section {missing!r}; find ids with: machine kb search"
            )
    return held


class _Judge:
    """One bot, judging one draft after another."""

    def __init__(self, bot: Bot, settings: Settings, held: Mapping[str, Section], calls: EntailerCalls | None) -> None:
        self._bot = bot
        self._turn = settings.turn.passages
        self._settings = settings.model_copy(update={"turn": settings.turn.model_copy(update={"passages": _MANY})})
        self._held = held
        self._calls = calls
        zone = ZoneInfo(bot.timezone)
        self._now = datetime.combine(datetime.now(zone).date(), _NOON, zone)

    async def ruling(self, case: JudgedDraft) -> Ruling:
        bot = self._of(case)
        context = await self._context(case, bot)
        if self._calls:
            try:
                scores = await entailed_by(self._calls, case.draft, context, bot, self._now)
            except Degraded as missing:
                raise ConfigError(f"draft {case.id!r}: the entailment model did not answer ({missing})") from None
            context = replace(context, entailed=scores, least_entailed=self._calls.threshold)
        verdict = check(case.draft, context)
        findings, lacks = (tuple((f.check, f.detail) for f in found) for found in (verdict.findings, verdict.lacks))
        plain = check(case.draft, replace(context, least_borne=0.0, entailed={}))
        share, score = lowest_share(case.draft, context), min(context.entailed.values(), default=1.0)
        return Ruling(case, context.language, findings, lacks, plain.ok, share, score)

    async def context(self, case: JudgedDraft) -> Context:
        """What a draft would be judged against."""
        return await self._context(case, self._of(case))

    def _of(self, case: JudgedDraft) -> Bot:
        """The bot, with the draft's own knowledge where it brings one."""
        if not case.knowledge:
            return self._bot
        language = case.language or identify("\n".join(case.knowledge), self._bot.language).answer
        sections = tuple(
            Section(f"{case.id}-{n}", text, "own", language=language) for n, text in enumerate(case.knowledge, 1)
        )
        today = today_of(self._bot, self._now)

        def build(base: KnowledgeBase) -> Any:
            return build_retriever(base, self._settings, Models(), today)

        knowledge = Knowledge(KnowledgeBase(sections, digest(sections)), build)
        return replace(self._bot, knowledge=knowledge, language=language)

    async def _context(self, case: JudgedDraft, bot: Bot) -> Context:
        """What the service would judge the draft against, had it written it as its answer."""
        *before, newest = (*case.customer, *([] if case.customer else [""]))
        snapshot = self._walked(before, case.earlier, bot)
        media, said = split_media(newest)
        ask = Ask(snapshot.key, said, "", media=media)
        step = decide(ask, snapshot, self._now, bot)
        if case.language or not newest:
            step = replace(step, language=case.language or bot.language)
        if case.sections is not None or case.knowledge:
            named = [self._held[name] for name in case.sections or ()]
            used = bot.knowledge.sections if case.knowledge else named
            found = Found(tuple(Passage(section, 1.0) for section in used), version=bot.knowledge.version)
        else:
            found = await search(step, snapshot, self._now, bot, text=ask.text, top_k=self._settings.retriever.top_k)
            found = replace(found, passages=found.passages[: self._turn])
        deciding = reckon(step, ask, snapshot, self._now, bot, sums=self._settings.flags.sums)
        settings = self._settings
        planned = plan(
            step, found, ask, snapshot, bot, settings=settings, wants_prompt=True, deciding=deciding, now=self._now
        )
        planned = replace(planned, passages=found.passages)
        context = guard_context(planned, ask, snapshot, bot)
        return replace(
            context,
            customer=tuple(text for text in context.customer if text),
            earlier=tuple(text for text in context.earlier if text),
            own=(*context.own, *case.own),
            greeted=context.greeted if case.greeted is None else case.greeted,
        )

    def _walked(self, before: Sequence[str], earlier: Sequence[str], bot: Bot) -> Snapshot:
        """The conversation up to the newest message: the dialogue has heard each of them."""
        snapshot = Snapshot(Key("guard", "eval"))
        for revision, (said, answer) in enumerate(_exchanges(before, earlier), 1):
            state = snapshot.state
            media, own = split_media(said)
            if own:
                state = decide(Ask(snapshot.key, own, "", media=media), snapshot, self._now, bot).state
            exchange = Exchange(own or None, answer, media=media, revision=revision)
            snapshot = replace(snapshot.after(state), history=(*snapshot.history, exchange))
        return snapshot


def _exchanges(before: Sequence[str], earlier: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(message, answer), the newest together last: of the longer list the oldest stand alone."""
    length = max(len(before), len(earlier))
    yield from zip(
        ("",) * (length - len(before)) + tuple(before), ("",) * (length - len(earlier)) + tuple(earlier), strict=True
    )
