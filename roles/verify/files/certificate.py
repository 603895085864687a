#!/usr/bin/env python3
"""Proves which certificate nginx shows: the one in the file, for this name, trusted. Standard library alone.

Reads one JSON object from standard input: {domain, address, ca, file}. `ca` are root certificates in PEM, empty for the
system's; `file` holds the certificate that should be shown, its own first. Writes {"serial", "until"}. Exit status 1:
another one is shown after 15 seconds (the old workers of nginx finish what they have), or it is not trusted.
"""

import json
import socket
import ssl
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 15


def shown(domain: str, address: str, ca: str) -> tuple[bytes, dict[str, Any]]:
    """The certificate of a handshake that verified name and chain, in DER and as Python reads it. Raises OSError."""
    context = ssl.create_default_context(cadata=ca or None)
    with (
        socket.create_connection((address, 443), PATIENCE_S) as raw,
        context.wrap_socket(raw, server_hostname=domain) as secured,
    ):
        read: dict[str, Any] = secured.getpeercert() or {}
        return secured.getpeercert(binary_form=True) or b"", read


def main() -> None:
    plan = json.load(sys.stdin)
    first, end = (
        Path(plan["file"]).read_text("utf-8").split("-----END CERTIFICATE-----", 1)[0],
        "-----END CERTIFICATE-----\n",
    )
    wanted = ssl.PEM_cert_to_DER_cert(first + end)
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            seen, read = shown(plan["domain"], plan["address"], plan["ca"])
        except OSError as error:
            sys.exit(f"no trusted handshake with {plan['domain']} at {plan['address']}: {error}")
        if seen == wanted:
            print(json.dumps({"serial": read["serialNumber"], "until": read["notAfter"]}))
            return
        if time.monotonic() > until:
            sys.exit(f"nginx shows the certificate {read['serialNumber']}, which is not the one in {plan['file']}")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
