"""The sales conversation: what a message means, what is known of the customer, and what to do next."""

from app.dialogue.engine import Dialogue
from app.dialogue.policy.hours import Hours

__all__ = ["Dialogue", "Hours"]
