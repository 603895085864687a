#!/usr/bin/env python3
"""Says as JSON what runs on this server and how it is. Reads alone; what cannot be read is an empty string.

Standard library alone: it is handed to a server's own Python through its standard input.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MACHINE = "opt/sales-machine/current"
DOCTOR = [
    "doctor",
    "--json",
    "--settings=/etc/sales-machine/settings.yaml",
    "--data=/var/lib/sales-machine",
    "--kb=/var/lib/sales-machine/kb",
]
BACKUP = re.compile(r"\d{8}T\d{6}Z")


def main(root: Path = Path("/"), service: str = "http://127.0.0.1:8000") -> int:
    print(json.dumps(facts(root, service), ensure_ascii=False))
    return 0


def facts(root: Path, service: str) -> dict[str, Any]:
    machine = root / MACHINE
    health = doctor(machine / "venv/bin/machine") if machine.exists() else {}
    return {
        "release": name_of(machine),
        "since": changed(machine),
        "knowledge": name_of(root / "var/lib/sales-machine/kb"),
        "ready": ready(service),
        "level": health.get("level", ""),
        "findings": [f"{each['name']}: {each['detail']}" for each in health.get("checks", []) if each["level"] != "ok"],
        "backup": newest_backup(root / "var/backups/sales-machine"),
        "system": system(root),
        "kernel": said("uname", "-r"),
        "driver": said("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader").partition("\n")[0],
        "server": name_of(root / "opt/ollama/current"),
        "model": model(root / "etc/sales-machine/settings.yaml"),
    }


def said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def name_of(link: Path) -> str:
    return link.readlink().name if link.is_symlink() else ""


def changed(link: Path) -> str:
    """When the link was set: since when that serves."""
    return stamp(link.lstat().st_mtime) if link.is_symlink() else ""


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def ready(service: str) -> str:
    """`yes`, or the parts that cannot serve."""
    request = urllib.request.Request(f"{service}/ready")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            told = json.load(error)
        except ValueError:
            return f"no: status {error.code}"
    except (OSError, ValueError):
        return "no: it does not answer"
    if told.get("ready"):
        return "yes"
    parts = told.get("parts", {})
    return "no: " + (", ".join(name for name, part in parts.items() if part.get("level") == "error") or "not ready")


def doctor(program: Path) -> dict[str, Any]:
    # Where the keys lie before systemd hands them over.
    environment = os.environ | {"CREDENTIALS_DIRECTORY": "/etc/sales-machine"}
    try:
        done = subprocess.run(
            [str(program), *DOCTOR], env=environment, capture_output=True, text=True, timeout=90, check=False
        )
        report: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return {"level": "error", "checks": [{"name": "doctor", "level": "error", "detail": type(error).__name__}]}
    return report


def newest_backup(folder: Path) -> str:
    names = [path.name for path in folder.iterdir() if BACKUP.fullmatch(path.name)] if folder.is_dir() else []
    if not names:
        return ""
    return datetime.strptime(max(names), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).strftime("%Y-%m-%d %H:%M")


def system(root: Path) -> str:
    file = root / "etc/os-release"
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', file.read_text("utf-8"), re.MULTILINE) if file.exists() else None
    return found[1] if found else ""


def model(settings: Path) -> str:
    """What `llm` names, read without a parser of YAML, which a bare server's Python lacks."""
    text = settings.read_text("utf-8") if settings.exists() else ""
    group = re.search(r"^llm:\n((?:[ #].*\n|\n)*)", text, re.MULTILINE)
    named = {
        key: found[1]
        for key in ("backend", "model")
        if group and (found := re.search(rf"^ +{key}: *[\"']?([^\"'#\n]*?)[\"']? *(?:#.*)?$", group[1], re.MULTILINE))
    }
    return named.get("model", "") if named.get("backend") != "extractive" else "extractive"


if __name__ == "__main__":
    sys.exit(main())
