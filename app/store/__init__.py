"""The store: conversations and turns in SQLite, written by one thread, read by others."""

from app.store.conversations import Store
from app.store.reading import Recorded, Stored

__all__ = ["Recorded", "Store", "Stored"]
