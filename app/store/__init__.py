"""The store: conversations as a log of messages, in SQLite, written by one thread, read by others."""

from app.store.loading import Recorded
from app.store.store import Store
from app.store.turns import Stored

__all__ = ["Recorded", "Store", "Stored"]
