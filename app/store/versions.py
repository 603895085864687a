"""Which versions of the knowledge have been in use."""

from app.store.engine import Connection


def note_version(db: Connection, version: str, sections: int, now: float) -> None:
    """Notes a version when it is in use for the first time."""
    db.execute(
        "INSERT INTO knowledge_versions (version, sections, loaded_at) VALUES (?,?,?) ON CONFLICT DO NOTHING",
        (version, sections, now),
    )
