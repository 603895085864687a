"""What a caller sees from a given address of this machine."""

import socket


def knock(address: str, port: int, source: str, timeout_s: float = 2.0) -> str:
    """Connect from `source`: 'open', 'refused' (an answer, though a negative one) or 'silent' (no answer in time)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(timeout_s)
        caller.bind((source, 0))
        try:
            caller.connect((address, port))
        except TimeoutError:
            return "silent"
        except OSError:
            return "refused"
        return "open"
