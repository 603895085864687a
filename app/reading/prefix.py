"""What a message's text begins with where it was no text: the caller's mark of a picture or a voice message."""

from app.types import Media

_MEDIA: tuple[tuple[str, Media], ...] = (("[image]:", "image"), ("[audio transcript]:", "audio"))


def split_media(text: str) -> tuple[Media, str]:
    """What kind of message it was, and its text without the prefix that says so."""
    for prefix, kind in _MEDIA:
        if text.startswith(prefix):
            return kind, text.removeprefix(prefix).strip()
    return "text", text
