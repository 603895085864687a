"""Every error the machine raises on purpose, with the status and contract code it becomes over HTTP.

MachineError                    500 INTERNAL
├── BadRequest                  400 BAD_REQUEST   malformed JSON, unknown flow
│   ├── NotFound                404
│   ├── MethodNotAllowed        405
│   ├── Conflict                409               a request_id reused with another body
│   ├── TooLarge                413
│   ├── UnsupportedMedia        415
│   └── Unprocessable           422               a field is missing, empty, too long or of the wrong type
│       └── TooCostly                             the message takes more work than a turn may
├── Unauthorized                401 UNAUTHORIZED
├── Overloaded                  429 RATE_LIMIT    + Retry-After
├── Unavailable                 503 INTERNAL      + Retry-After
│   ├── DeadlinePassed                            the answer would have come too late
│   ├── ModelUnavailable                          the model is loading, gone, or writes nothing usable
│   │   └── PromptTooLong                         what it was asked is longer than its context
│   └── StoreUnavailable                          the database cannot be read or written
├── RevisionConflict            500               a turn met a conversation that had moved on
└── ConfigError                 (never over HTTP) settings, flows, knowledge: what is wrong, where, and the fix
    └── Hindered                                  the same from outside, such as a full disk: worth another start

`str(error)` is the public message: it goes to the caller as it is, so it never holds internals.
"""

from typing import ClassVar, Literal

Code = Literal["BAD_REQUEST", "UNAUTHORIZED", "RATE_LIMIT", "INTERNAL"]


class MachineError(Exception):
    """Root of the tree. `retry_after` (seconds) becomes the header of that name; `reason` is for the metrics alone."""

    status: ClassVar[int] = 500
    code: ClassVar[Code] = "INTERNAL"

    def __init__(self, message: str, *, retry_after: int | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.reason = reason


class BadRequest(MachineError):
    status = 400
    code = "BAD_REQUEST"


class NotFound(BadRequest):
    status = 404


class MethodNotAllowed(BadRequest):
    status = 405


class Conflict(BadRequest):
    status = 409


class TooLarge(BadRequest):
    status = 413


class UnsupportedMedia(BadRequest):
    status = 415


class Unprocessable(BadRequest):
    status = 422


class TooCostly(Unprocessable):
    pass


class Unauthorized(MachineError):
    status = 401
    code = "UNAUTHORIZED"


class Overloaded(MachineError):
    status = 429
    code = "RATE_LIMIT"

    def __init__(self, message: str, *, retry_after: int = 1, reason: str = "") -> None:
        super().__init__(message, retry_after=retry_after, reason=reason)


class Unavailable(MachineError):
    status = 503

    def __init__(self, message: str, *, retry_after: int = 5, reason: str = "") -> None:
        super().__init__(message, retry_after=retry_after, reason=reason)


class DeadlinePassed(Unavailable):
    pass


class ModelUnavailable(Unavailable):
    pass


class PromptTooLong(ModelUnavailable):
    """`tokens` it has as the server counts, `room` for them beside the answer."""

    def __init__(self, message: str, *, retry_after: int = 5, reason: str = "", tokens: int = 0, room: int = 0) -> None:
        super().__init__(message, retry_after=retry_after, reason=reason)
        self.tokens = tokens
        self.room = room


class StoreUnavailable(Unavailable):
    pass


class RevisionConflict(MachineError):
    pass


class ConfigError(MachineError):
    """Wrong settings, flow or knowledge: the message names the place and the fix; for the operator, never a caller."""


class Hindered(ConfigError):
    """Nothing written is wrong: a disk, a lock or a right stands in the way, and may be gone at the next start."""
