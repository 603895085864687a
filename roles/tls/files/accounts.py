"""Accounts at the certificate authority, as certbot keeps them, and what the authority says to their keys. As root.

    accounts.py state DOMAIN DIRECTORY       which account renews the certificate, and which others there are
    accounts.py retire DOMAIN DIRECTORY      ends the accounts before that one, proves their keys dead, removes them
    accounts.py drop DOMAIN DIRECTORY        ends the accounts after that one, as far as the authority can be reached

DIRECTORY is the URL of the authority's directory. Standard output is one JSON object:
    state:           {"serving": ID, "unfinished": [ID], "old": [ID]}; made after the serving one, or before it
    retire and drop: {"ended": [{"account": ID, "before": str, "after": str}]}, the authority's own words to the key
Exit status 1: something else; standard error says what. To run a command again goes on where it was cut off.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CERTBOT = Path("/etc/letsencrypt")
VALID = "the account is valid"
DEAD = ("unauthorized", "accountDoesNotExist")


def folder(directory: str) -> Path:
    parts = urlsplit(directory)
    return CERTBOT / "accounts" / parts.netloc / parts.path.strip("/")


def state(domain: str, directory: str) -> dict[str, Any]:
    renewal = CERTBOT / "renewal" / f"{domain}.conf"
    named = re.search(r"^account = (\w+)$", renewal.read_text("utf-8") if renewal.exists() else "", re.MULTILINE)
    serving = named[1] if named else ""
    made = {
        each.parent.name: str(json.loads(each.read_text("utf-8")).get("creation_dt", ""))
        for each in folder(directory).glob("*/meta.json")
    }
    others = sorted((each for each in made if each != serving), key=made.__getitem__)
    since = made.get(serving, "")
    return {
        "serving": serving if serving in made else "",
        "unfinished": [each for each in others if made[each] > since],
        "old": [each for each in others if made[each] <= since],
    }


class Account:
    """One account's key and address, and the way to the authority. Raises acme's and requests' errors."""

    def __init__(self, directory: str, identity: str) -> None:
        import josepy  # noqa: PLC0415 - both come with certbot, which a bare server has not
        from acme import client, messages  # noqa: PLC0415

        self.place = folder(directory) / identity
        self.errors = messages.Error
        key = josepy.JWK.from_json(json.loads((self.place / "private_key.json").read_text("utf-8")))
        known = messages.RegistrationResource.from_json(json.loads((self.place / "regr.json").read_text("utf-8")))
        algorithm = josepy.ES256 if isinstance(key, josepy.JWKEC) else josepy.RS256
        self.uri = known.uri
        self.net = client.ClientNetwork(key, account=known, alg=algorithm, user_agent="sales-machine")
        self.nonce = self.net.get(directory).json()["newNonce"]
        self.ended = messages.UpdateRegistration.from_json({"status": "deactivated"})

    def ask(self) -> str:
        """What the authority says to a request for the account itself, signed with its key. It changes nothing."""
        try:
            reply = self.net.post(self.uri, None, new_nonce_url=self.nonce).json()
        except self.errors as error:
            if error.code not in DEAD:
                raise  # busy or broken: that says nothing about the key
            return f"{error.typ}: {error.detail}"
        return f"the account is {reply.get('status')}"

    def end(self) -> dict[str, str]:
        before = after = self.ask()
        if before == VALID:
            self.net.post(self.uri, self.ended, new_nonce_url=self.nonce)
            after = self.ask()
        return {"account": self.place.name, "before": before, "after": after}


def remove(place: Path) -> None:
    """The key is overwritten first: a deleted file's blocks stay as they are for a while."""
    for file in place.glob("private_key.json"):
        with file.open("r+b") as stream:
            stream.write(os.urandom(file.stat().st_size))
            os.fsync(stream.fileno())
    shutil.rmtree(place)


def retire(directory: str, old: list[str]) -> dict[str, Any]:
    ended = []
    for identity in old:
        ended.append(Account(directory, identity).end())
        if ended[-1]["after"] == VALID:
            sys.exit(f"the authority still takes the key of account {identity}: {ended}")
        remove(folder(directory) / identity)
    return {"ended": ended}


def drop(directory: str, unfinished: list[str]) -> dict[str, Any]:
    ended = []
    for identity in unfinished:
        try:
            ended.append(Account(directory, identity).end())
        except Exception as error:  # whatever the authority has: without its key nobody can use the account
            ended.append({"account": identity, "before": "", "after": f"{type(error).__name__}: {error}"})
        remove(folder(directory) / identity)
    return {"ended": ended}


def main() -> None:
    if len(sys.argv) != 4 or sys.argv[1] not in ("state", "retire", "drop"):
        sys.exit(str(__doc__))
    command, domain, directory = sys.argv[1:]
    found = state(domain, directory)
    if command == "retire":
        found = retire(directory, found["old"])
    elif command == "drop" and found["serving"]:  # else nobody knows which ones are to stay
        found = drop(directory, found["unfinished"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
