"""Prompts: what a chat model is asked, in an order that a prefix cache keeps."""

from app.prompt.asking import asking
from app.prompt.build import Budget, PromptBuilder
from app.prompt.course import asks_something
from app.prompt.frame import marks_in
from app.prompt.now import moment
from app.prompt.repairing import Wrong, corrected
from app.prompt.sanitise import sanitise
from app.prompt.shortening import shorter
from app.prompt.token_count import TokenCounter

__all__ = [
    "Budget",
    "PromptBuilder",
    "TokenCounter",
    "Wrong",
    "asking",
    "asks_something",
    "corrected",
    "marks_in",
    "moment",
    "sanitise",
    "shorter",
]
