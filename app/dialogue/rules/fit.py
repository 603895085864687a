"""Somebody whose trade may not be one that is served: told what the knowledge says of it when he says so, and once."""

from dataclasses import replace

from app.dialogue.hearing.text import fold, read
from app.dialogue.resources import load_words
from app.dialogue.rules.scene import Decision, Scene

_WORDS = load_words("rules", "words.yaml")
_TRADES = {"query_unfit": _WORDS["not_retail"], "query_fit": _WORDS["hardly_retail"]}
"""By what is looked up of them: trades, by their values, of which the knowledge may say that it is not for them."""
_ELSEWHERE = frozenset(trade for trades in _TRADES.values() for trade in trades)
_NEEDED = "query_unfit"
_SLOT = "business_type"
_MEDICINE = "pharmacy"
"""Where a recipe is a doctor's."""
TOLD = "fit"
"""The mark of a conversation in which it was looked up."""
_MOST = 6
"""Words of his that are looked for."""
_MENDED = frozenset({"answer", "ask"})
_ON_HIS_WAY = frozenset({"purchase", "demo", "invoice"})
"""Reasons of who wants to begin: he is told, and asked how to reach him all the same."""


def fitted(s: Scene, plan: Decision) -> Decision:
    """`plan` with what is known of who is not served, where he says what he does or needs; any other's as it is."""
    stays = plan.action in _MENDED and not (plan.topic or plan.closes or plan.hands_over)
    if s.u.has("correction"):
        return plan  # what he puts right says by itself what he wants
    asked = _SLOT in s.flow.slots and _SLOT not in s.policy.skip and not s.flow.elsewhere
    if not (stays or plan.reason == "off_topic") or not asked or s.u.steers:
        return plan
    needs = _needs(s)
    if not needs and (TOLD in s.state.said or not _of_trade(s)):
        return plan
    if s.u.word("shop") and not needs:
        return plan  # a shop beside the workshop is served
    trade = s.heard.values.get(_SLOT)
    about = _NEEDED if needs else next(name for name, trades in _TRADES.items() if trade in trades)
    query = str(s.texts.data[about]).replace("{what}", _words(s, needs))
    others = _others(s, plan)
    empty = None if plan.statement else s.say("ack")
    goes_on = plan.reason in _ON_HIS_WAY or not needs
    return replace(
        plan, action="answer", reason="feature" if plan.reason == "off_topic" else plan.reason,
        statement=None if plan.reason == "off_topic" else plan.statement, query=query,
        queries=(query, *others) if others else (), fallback=plan.fallback or empty,
        asks=plan.asks and goes_on, prefer=plan.prefer if goes_on else "", question=None, mark=plan.mark or TOLD,
        wider="",
    )  # fmt: skip


def _of_trade(s: Scene) -> bool:
    return s.heard.values.get(_SLOT) in _ELSEWHERE


def _needs(s: Scene) -> list[int]:
    """The places of the words for what only such a trade needs."""
    if _MEDICINE in (s.slots.get(_SLOT), s.heard.values.get(_SLOT)):
        return []
    return sorted({place for match in s.u.word("trade_need") for place in range(match.start, match.end)})


def _words(s: Scene, needs: list[int]) -> str:
    """What he names of his trade and his needs, in his words."""
    tokens = s.u.message.tokens
    trade = {
        place
        for match in s.u.matches
        if match.label[:2] == ("value", _SLOT) and match.label[2] in _ELSEWHERE
        for place in range(match.start, match.end)
    }
    return " ".join(tokens[place].raw for place in sorted({*trade, *needs})[:_MOST])


def _others(s: Scene, plan: Decision) -> tuple[str, ...]:
    """What else he asks: the questions in which none of those needs stands."""
    if plan.query is None or plan.reason == "off_topic":
        return ()
    named = {fold(word.text) for word in read(_words(s, _needs(s))).tokens}
    asked = plan.queries or s.said.questions or ((plan.query,) if s.u.message.asking else ())
    return tuple(each for each in asked if named.isdisjoint(token.text for token in read(each).tokens))
