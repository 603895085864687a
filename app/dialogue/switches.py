"""What an owner may switch off in a dialogue; the flags of the settings hold the values."""

from dataclasses import dataclass

_NO_BUYERS = frozenset({"trouble", "order_status", "paid", "supplier", "applicant", "auto_reply", "small_talk"})
"""Intents of lanes that may be left out. Who is in danger, ill or abusive, complains, wants his money back, speaks of
the law or asks for a person is never taken for a buyer."""
_UPSET = frozenset({"frustration"})


@dataclass(frozen=True, slots=True)
class Switches:
    """`tone`: how a message sounds is heard. `lanes`: who is no buyer has answers of his own. `questions`: an answer
    may end with a question of the sales method."""

    tone: bool = True
    lanes: bool = True
    questions: bool = True

    @property
    def unheard(self) -> frozenset[str]:
        """Intents that nothing is made of: their words are read as any others."""
        return (frozenset() if self.tone else _UPSET) | (frozenset() if self.lanes else _NO_BUYERS)


ALL_ON = Switches()
