#!/usr/bin/env python3
"""Fetches a file of this server over port 80, as the certificate authority will, from here. Standard library alone.

Reads one JSON object from standard input: {domain, path, content, addresses, port}. `addresses`: where the name leads;
empty: as this computer looks it up. Writes a line for each address that is asked: `ADDRESS ok`, `ADDRESS skipped: why`
where this computer has no way to addresses of that kind, or `ADDRESS wrong: why`. Exit status 1 when one is wrong, or
there is none; else 0.
"""

import errno
import http.client
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

TIMEOUT_S = 10
NO_WAY = (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def addresses(plan: dict[str, Any]) -> list[str]:
    """Where the name leads, both kinds of address; empty where nobody knows it."""
    if plan["addresses"]:
        return [str(each) for each in plan["addresses"]]
    try:
        found = socket.getaddrinfo(plan["domain"], plan["port"], type=socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    return sorted({str(each[4][0]) for each in found})


def said(address: str, plan: dict[str, Any]) -> str:
    """What becomes of fetching the file at one address."""
    line = http.client.HTTPConnection(address, plan["port"], timeout=TIMEOUT_S)
    try:
        line.request("GET", plan["path"], headers={"Host": plan["domain"]})
        answer = line.getresponse()
        body = answer.read(1000).decode("utf-8", "replace")
    except OSError as error:
        return f"skipped: {error.strerror}" if error.errno in NO_WAY else f"wrong: {error.strerror or error}"
    except http.client.HTTPException as error:
        return f"wrong: what answers there speaks no HTTP ({type(error).__name__})"
    finally:
        line.close()
    if answer.status != http.HTTPStatus.OK:
        return f"wrong: status {answer.status}, so another server answers there, or something in front of this one"
    return "ok" if body.strip() == plan["content"] else "wrong: another file, so another server answers there"


def results(plan: dict[str, Any]) -> Iterator[str]:
    """A line for each address."""
    for address in addresses(plan):
        yield f"{address} {said(address, plan)}"


def main() -> int:
    found = list(results(json.load(sys.stdin)))
    print("\n".join(found))
    wrong = [line for line in found if line.split(" ", 1)[1].startswith("wrong")]
    return 1 if wrong or not any(line.endswith(" ok") for line in found) else 0


if __name__ == "__main__":
    sys.exit(main())
