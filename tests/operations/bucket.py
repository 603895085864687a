"""An emulated S3 with one bucket that keeps versions, as far as restic speaks to it: nothing that is deleted is gone, and no client
may delete a version. It believes every signature; what a provider's policy says is the provider's."""

import re
import threading
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_CHUNK = re.compile(rb"([0-9a-f]+);chunk-signature=[0-9a-f]{64}\r\n")
_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


@dataclass
class Bucket:
    """`versions`: key -> contents, oldest first; None is the mark of a deletion."""

    versions: dict[str, list[bytes | None]] = field(default_factory=dict)
    refused: int = 0

    def __post_init__(self) -> None:
        bucket = self

        class Handler(_Handler):
            kept = bucket

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/bucket"

    def now(self) -> dict[str, bytes]:
        return {key: kept[-1] for key, kept in sorted(self.versions.items()) if kept[-1] is not None}

    def undelete(self) -> None:
        """What its owner does with a key that may: the marks of deletions go."""
        for kept in self.versions.values():
            while kept[-1] is None:
                kept.pop()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kept: Bucket

    def do_GET(self) -> None:
        key, asked = self._asked()
        if key:
            self._content(key, body=True)
        elif "location" in asked:
            self._reply(200, b"<LocationConstraint/>")
        else:
            self._list(asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0])

    def do_HEAD(self) -> None:
        key, _ = self._asked()
        if key:
            self._content(key, body=False)
        else:
            self._reply(200)

    def do_PUT(self) -> None:
        key, _ = self._asked()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("x-amz-content-sha256", "").startswith("STREAMING"):
            body = _joined(body)
        self.kept.versions.setdefault(key, []).append(body)
        self._reply(200, ETag=f'"{md5(body, usedforsecurity=False).hexdigest()}"')

    def do_DELETE(self) -> None:
        key, asked = self._asked()
        if "versionId" in asked:
            self.kept.refused += 1
            self._reply(403, b"<Error><Code>AccessDenied</Code></Error>")
            return
        if key in self.kept.versions:
            self.kept.versions[key].append(None)
        self._reply(204)

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        place = urlsplit(self.path)
        return unquote(place.path).removeprefix("/bucket").lstrip("/"), parse_qs(place.query, keep_blank_values=True)

    def _content(self, key: str, *, body: bool) -> None:
        found = self.kept.now().get(key)
        if found is None:
            self._reply(404, b"<Error><Code>NoSuchKey</Code></Error>" if body else b"")
            return
        told = {"ETag": f'"{md5(found, usedforsecurity=False).hexdigest()}"', "Last-Modified": _DATE}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span and body:
            first, last = int(span[1]), min(int(span[2] or len(found) - 1), len(found) - 1)
            told["Content-Range"] = f"bytes {first}-{last}/{len(found)}"
            self._reply(206, found[first : last + 1], **told)
        else:
            self._reply(200, found, body=body, **told)

    def _list(self, prefix: str, delimiter: str) -> None:
        folders, objects = set(), []
        for key, content in self.kept.now().items():
            if not key.startswith(prefix):
                continue
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.split(delimiter)[0] + delimiter)
            else:
                told = f"<Key>{escape(key)}</Key><Size>{len(content)}</Size>"
                objects.append(f"<Contents>{told}<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>")
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)
        )
        listed = f"<Name>bucket</Name><IsTruncated>false</IsTruncated>{''.join(objects)}{common}"
        self._reply(200, f"<ListBucketResult>{listed}</ListBucketResult>".encode())

    def _reply(self, status: int, content: bytes = b"", *, body: bool = True, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/xml"} | headers).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def _joined(signed: bytes) -> bytes:
    """The content of a body that was signed piece by piece."""
    content, at = b"", 0
    while found := _CHUNK.match(signed, at):
        size = int(found[1], 16)
        content += signed[found.end() : found.end() + size]
        at = found.end() + size + 2
    return content
