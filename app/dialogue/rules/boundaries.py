"""What the machine does not go along with: attempts to turn it round, other subjects, one message over and over."""

from app.dialogue.rules.scene import Decision, Scene
from app.dialogue.rules.wishes import reaches, wish_of


def injection(s: Scene) -> Decision | None:
    """Orders to the machine instead of words to a shop: a friendly no, and nothing of how it works."""
    if not s.u.has("injection") or _own(s, "injection"):
        return None
    return Decision("refuse", "injection", s.say("injection"))


def opt_out(s: Scene) -> Decision | None:
    """Who wants no messages gets none. A price asked in the same breath is still answered.

    Who leaves a number and wants no calls on it, but messages, waits for them.
    """
    if not s.u.has("opt_out") or s.u.has("price", "comparison") or _own(s, "opt_out") or reaches(s):
        return None
    if "contact" in s.heard.values and wish_of(s):
        return None  # when not to call, of who leaves his number
    if s.state.closed:
        return Decision("close", "opt_out", s.say("refusal_again"), greet=False, closes=True)
    return Decision("close", "opt_out", s.say("opt_out"), greet=False, closes=True)


def off_topic(s: Scene) -> Decision | None:
    """Something no shop is asked: back to the subject; the second time in a row a human is offered."""
    if not s.u.has("off_topic"):
        return None
    again = s.state.off_topic
    return Decision("refuse", "off_topic", s.say("off_topic_again" if again else "off_topic"))


def spam(s: Scene) -> Decision | None:
    """The same words for the fourth time: said once that they arrived, instead of the same answer again."""
    if not s.u.has("spam") or s.heard.answered or s.heard.values:
        return None
    return Decision("refuse", "spam", s.say("spam"), greet=False)


def _own(s: Scene, intent: str) -> bool:
    """Whether the bot's policy has a topic for this intent: then the topic decides."""
    return any(intent in topic.intents for topic in s.policy.topics)
