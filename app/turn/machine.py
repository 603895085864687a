"""Machine: what all bots of one process share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.capacity.admission import Admission
from app.capacity.quality import Quality
from app.capacity.quota import Quota
from app.cpu import Cpu
from app.knowledge.models import Models
from app.llm import Backend
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry
from app.turn.asides import Asides
from app.turn.bots import Bots
from app.turn.locks import KeyLocks
from app.turn.places import Places


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Machine:
    """One memory, one model that speaks, one queue: a turn is `process(ask, bot, machine)`."""

    settings: Settings
    store: Store
    llm: Backend
    admission: Admission
    cpu: Cpu
    telemetry: Telemetry
    bots: Bots
    locks: KeyLocks = field(default_factory=KeyLocks)
    asides: Asides = field(default_factory=Asides)
    heard: Quota = field(default_factory=Quota)
    """Of the turns in which the model may be asked what a message is for."""
    facts: Places = field(default_factory=Places)
    """Of turns that do without the model."""
    quality: Quality = field(default_factory=Quality)
    """Of what the model writes."""
    models: Models = field(default_factory=Models)
    """Of the search."""
    clock: Callable[[], datetime] = _now

    async def close(self) -> None:
        """Ends what runs: asides, the backend, the models, the store."""
        await self.asides.close()
        await self.llm.close()
        self.models.close()
        await self.store.close()
