"""What a model wrote on trial, by the measure by which it would rest in service (app/capacity/quality.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.capacity.quality import Quality
from app.health.readiness import WRITING_FIX, writing_part


@dataclass(frozen=True, slots=True)
class Drafts:
    """`weight`: 0..1; an untrue draft weighs 1, one that does not answer a half. No draft: nobody wrote any."""

    looked_at: int = 0
    faulty: int = 0
    weight: float = 0.0
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Kinds of fault, with how many drafts have each."""

    @classmethod
    def of(cls, quality: Quality) -> "Drafts":
        looked_at, faulty, kinds = quality.faults()
        return cls(looked_at, faulty, round(quality.weight(), 4), dict(kinds.most_common()))

    def too_poor(self, share: float) -> str:
        """Why a model that writes so is not to serve, with the kinds of fault and what to do; empty where it may.

        `share` is the weight above which it rests in service. On trial as much is enough: a model of which every draft
        fails to answer would stand just below it for ever, and be of no use. A share of 1 lets everything pass.
        """
        if self.weight < share or share >= 1:
            return ""
        detail = writing_part(False, self.looked_at, self.faulty, self.kinds).detail
        return (
            f"the model is too poor to speak: {detail}. Their faults weigh {self.weight:.2f}, where {share:.2f}"
            f" (llm.quality_share) lets it rest. Try {WRITING_FIX}"
        )

    def as_json(self) -> dict[str, Any]:
        """Its part of `machine eval --json`."""
        return {
            "drafts": self.looked_at,
            "drafts_faulty": self.faulty,
            "drafts_weight": self.weight,
            "draft_faults": dict(self.kinds),
        }
