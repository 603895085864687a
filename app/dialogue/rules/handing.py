"""When a person takes over: a contact was given, a person is wanted, what only a person can do is wished."""

from dataclasses import replace

from app.dialogue.flow import stages
from app.dialogue.rules import beside, topics
from app.dialogue.rules.scene import COURTESIES, QUESTIONS, Decision, Scene, has_requisites
from app.dialogue.rules.strangers import LEAVES
from app.dialogue.rules.wishes import only_reached, puts_right, reaches, timed, wish_of

_LOOKED_UP = ("price", "feature", "comparison", "payment", "about_us", "demo", "discount_request", "booking", "refund")
_ASKED = 0.3
"""Probability of one of these acts from which a question beside a contact is answered too."""

_A_YES = 2
"""Words of a clause that takes our offer up."""
_TELLS = 0.9
"""Probability from which a message tells something, and says yes to nothing."""


def contact(s: Scene) -> Decision | None:
    """A contact is success, whenever it comes; a question beside it is answered too."""
    if "contact" not in s.heard.values or s.state.slots.get("contact") == s.heard.values["contact"]:
        return None
    plan = _asked_beside(s, handover(s, "contact_given", "contact"))
    more = topics.beside(s)
    if more is None:
        return plan
    if more.hands_over:
        return more
    statement = " ".join(text for text in (plan.statement, more.statement) if text)
    return replace(plan, statement=statement, query=more.query or plan.query, topic=more.topic)


def _asked_beside(s: Scene, plan: Decision) -> Decision:
    """The plan for who left a number, with what he asks beside it: looked up, or said to be passed on."""
    looked, passed = beside.contact(s)
    said = [plan.statement or ""]
    if passed and not timed(s):
        said.append(_passed_on(s, ", ".join(passed)))
    marked = any(clause.endswith("?") for clause in s.said.clauses)
    if s.u.has("callback_time") and marked and not s.tells_when:
        said.append(s.say("callback"))
    compares = s.u.has("comparison") and not timed(s)  # «better in the evening»
    keeps = looked or s.worded or s.said.questions or s.u.has("price") or compares
    plan = replace(plan, statement=" ".join(said), query=plan.query if keeps else None)
    if not looked or s.worded:
        return replace(plan, fallback=s.say("noted_question")) if plan.query else plan
    queries = s.said.questions if set(s.said.questions) <= set(looked) and s.said.questions else looked
    return replace(
        plan, query=" ".join(queries), queries=queries if len(queries) > 1 else (), fallback=s.say("noted_question"),
        wider=beside.core(queries[0]) if len(queries) == 1 else "",
    )  # fmt: skip


def reached(s: Scene) -> Decision | None:
    """Who has told where to reach him, and now how: passed on, and no word of his is searched for."""
    if "contact" in s.heard.values or not reaches(s):
        return None
    if puts_right(s):
        reason = "human_wanted" if s.u.has("human_wanted") else "reschedule"
        asked = beside.put_right(s)
        return Decision(
            "handover", reason, _passed_on(s, wish_of(s)), " ".join(asked) or None,
            s.say("noted_question") if asked else None, greet=False, hands_over=True,
            queries=asked if len(asked) > 1 else (),
        )  # fmt: skip
    if (s.u.has(*QUESTIONS) or s.u.message.asking) and not only_reached(s):
        return None
    return Decision("answer", "noted", _passed_on(s, wish_of(s)), greet=False)


def angry_wish(s: Scene) -> Decision | None:
    """Who swears and wants a person gets one: it is no time for manners."""
    return human(s) if s.u.has("abuse") else None


def human(s: Scene) -> Decision | None:
    offered = any(offer.casefold() in s.last_answer.casefold() for offer in s.texts.data["offer"])
    at_once = s.u.short or any(match.start == len(s.u.greeting) for match in s.u.word("affirm"))
    # «Ok, bye» takes no offer up, nor does «we need it by Friday».
    leaves = s.u.has("goodbye", "objection_think", "refusal", "purchase") or s.u.acts.get("info", 0.0) >= _TELLS
    accepts = offered and s.u.affirms and at_once and not s.heard.answered and not s.u.has(*QUESTIONS) and not leaves
    accepts |= offered and not leaves and _accepts_first(s)
    missed = s.state.wants_person and not s.u.has(*QUESTIONS, *COURTESIES)
    # «Find out please what it costs» asks us.
    up = (offered or s.state.handed_over) and not leaves and not s.u.has(*QUESTIONS)
    passes = bool(s.u.word("asks_others")) or (up and bool(s.u.word("passes_on")))
    wanted = s.u.has("human_wanted") or accepts or missed or passes
    # Who wants to come another day, or not at all, wants what only a person can do.
    reason = next((name for name in ("reschedule", "cancel_request") if s.u.has(name)), "human_wanted")
    first = (offered or s.state.handed_over) and _passes_first(s)
    if (passes or accepts or first) and reason == "human_wanted":
        return _question_passed(s)
    return handover(s, reason, "human") if wanted or reason != "human_wanted" else None


def _passes_first(s: Scene) -> bool:
    """«Pass it on. And what does delivery cost?»: the wish in a clause of its own, before what he asks us."""
    tokens = s.u.message.tokens
    for match in s.u.word("passes_on"):
        clause = tokens[match.start].clause
        said = [place for place in s.u.content if tokens[place].clause == clause]
        if clause not in s.u.message.asking and len(said) <= _A_YES and tokens[-1].clause != clause:
            return True
    return False


def _question_passed(s: Scene) -> Decision:
    """What he did not get an answer to goes to a person at once; who left no number may, and is told so once."""
    plan = handover(s, "human_wanted", "passed")
    if "contact" in s.slots or stages.seen("contact") in s.state.said or LEAVES in s.state.said:
        return plan
    return replace(plan, statement=f"{plan.statement} {s.say('leave_number')}", mark=LEAVES)


def _accepts_first(s: Scene) -> bool:
    """«Yes, do. And may I sell by phone?»: a yes in a clause of its own, where we had asked nothing else."""
    tokens = s.u.message.tokens
    firsts = [match for match in s.u.word("affirm") if match.start == len(s.u.greeting)]
    if not firsts or s.last_answer.rstrip().endswith("?") or s.heard.answered:
        return False
    clause = tokens[firsts[0].start].clause
    said = [place for place in s.u.content if tokens[place].clause == clause]
    return clause not in s.u.message.asking and len(said) <= _A_YES and tokens[-1].clause != clause


def _passed_on(s: Scene, wish: str) -> str:
    return s.say("wished_time").replace("{wish}", wish)


def handover(s: Scene, reason: str, text: str) -> Decision:
    named = "_named" if text == "contact" and "name" in s.heard.values else ""
    wish = wish_of(s)
    # Beside an hour of his own, the hour from which people answer would say another.
    wished = bool(wish) and s.tells_when and text != "passed" and timed(s)
    statement = s.say(f"{text}{named}_{'wished' if wished else 'later' if s.tells_when else 'open'}")
    if text == "contact" and not wished and has_requisites(s.u.message.text):
        # He hears of his invoice, whichever question of ours it answers besides.
        statement = " ".join((s.say("requisites"), *((s.say("later"),) if s.tells_when else ())))
    statement = statement.replace("{time}", s.opening).replace("{wish}", wish)
    statement = statement.replace("{name}", s.slots.get("name", ""))
    if wish and not wished:
        statement = f"{statement} {_passed_on(s, wish)}"  # heard, and not promised
    # «Shall I give my number?» is no question to look up.
    likely = max((s.u.acts.get(act, 0.0) for act in _LOOKED_UP), default=0.0)
    asks = s.u.has(*QUESTIONS) and bool(s.u.asking) and likely >= _ASKED
    query = (beside.asked(s, ("passes_on",)) if text == "passed" else "") or s.query
    if several := beside.others(s, (reason,), ("passes_on",)):
        return Decision(
            "handover", reason, statement, " ".join(several), s.say("noted_question"), hands_over=True, queries=several
        )
    return Decision("handover", reason, statement, query if asks else None, hands_over=True)
