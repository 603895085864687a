"""What the appliance does to a server, as somebody approved it: each step in its order, each line of each file.

    python -m tests.operations.approved

writes approved/steps, approved/files, approved/words and approved/workflow anew. test_approved.py compares: a step that
is lost, moved or no longer guarded, a unit's line that is gone, a rule that is wider shows there as a difference, and
whoever means it writes the pages anew and has them read. What is only said to an operator, when a step fails, stands
apart in `words`: a cause that is no longer named, a remedy that was cut off. `workflow` is n8n's part of a message.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.host.readme_tables import WIDEST, defaults
from tests.operations.rendering import ROOT, lines, render
from tests.thrift import parsed

PAGES = Path(__file__).with_name("approved")
WORDS = frozenset({"fail_msg", "msg", "quiet", "label", "prompt"})  # what is only said
SILENT = frozenset({"ansible.builtin.debug", "ansible.builtin.fail"})
PARTS = ("block", "rescue", "always", "roles", "pre_tasks", "tasks", "post_tasks")
OTHERWISE = {  # the other branch of what a template decides
    "app_nvidia_enabled": False,
    "app_semantic": False,
    "app_llm_backend": "extractive",
    "app_memory_max": "",
    "backup_offsite_repository": "ssh:backup@203.0.113.9",
    "backup_offsite_host_key": "203.0.113.9 ssh-ed25519 AAAAC3Nz",
    "backup_offsite_password": "0123456789abcdef01234567",
    "ollama_nvidia_enabled": False,
    "ollama_environment": {"OLLAMA_DEBUG": "1"},
    "monitor_alertmanagers": ["alert.example.com:9093"],
    "monitor_alertmanager": False,
    "monitor_heartbeat_url": "https://hc.example.com/beat",
    "monitor_mail_from": "machine@example.com",
    "monitor_mail_server": "mail.example.com:465",
    "monitor_mail_to": ["ops@example.com"],
    "monitor_model": False,
    "monitor_prometheus": False,
    "monitor_slack_url": "https://hooks.example.com/slack",
    "monitor_telegram_chats": [7],
    "monitor_telegram_token": "7:t",
    "monitor_webhook_secret": "s",
    "monitor_webhook_url": "https://hooks.example.com/ours",
    "nginx_tls_addresses": ["10.99.0.1", "fd00::1"],
    "nginx_ipv6": False,
    "nginx_health_public": False,
    "tunnel_peer_endpoint": "203.0.113.9:51820",
    "tunnel_keepalive_s": 0,
}


def told(value: Any) -> str:
    """A value on one line."""
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def said(arguments: Any) -> str:
    """What a module is told, without the words for an operator."""
    if not isinstance(arguments, dict):
        return told(arguments)
    return " ".join(f"{key}={told(value)}" for key, value in sorted(arguments.items()) if key not in WORDS)


def steps(entries: list[dict[str, Any]] | None, depth: int = 0) -> Iterator[str]:
    """Each step on a line of its own, with what it is told, and below it everything that guards it."""
    indent = "  " * depth
    for entry in entries or []:
        yield f"{indent}- {entry.get('name') or entry.get('role') or entry.get('hosts')}"
        for key, value in sorted(entry.items()):
            if key in {"name", *PARTS}:
                continue
            shown = "" if key in SILENT else said(value)
            yield f"{indent}    {key.removeprefix('ansible.builtin.')}: {shown}".rstrip()
        for part in PARTS:
            if part in entry:
                yield f"{indent}    {part}:"
                yield from steps(entry[part], depth + 3)


def words(entries: list[dict[str, Any]] | None) -> Iterator[str]:
    """What each step says when it fails, or when it is only there to say it."""
    for entry in entries or []:
        for module, arguments in sorted(entry.items()):
            if isinstance(arguments, dict) and (module in SILENT or module == "ansible.builtin.assert"):
                for text in (arguments.get("fail_msg"), arguments.get("msg")):
                    if text is not None:
                        yield f"- {entry.get('name')}: {told(text)}"
        for part in PARTS:
            yield from words(entry.get(part) if part != "roles" else None)


def words_page(files: list[Path]) -> str:
    found = []
    for file in files:
        if lines := list(words(parsed(file.read_text("utf-8")))):
            found += [f"# {file.relative_to(ROOT)}", *lines, ""]
    return "\n".join(found)


def leaves(value: Any, place: str = "") -> Iterator[str]:
    """Every value below `value` with its place; code line by line."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, f"{place}.{key}" if place else str(key))
    elif isinstance(value, str) and "\n" in value:
        yield f"{place}:"
        yield from (f"    {line}".rstrip() for line in value.splitlines())
    else:
        yield f"{place}: {value if isinstance(value, str) else json.dumps(value)}".rstrip()


def workflow_page() -> str:
    """Each node of n8n's workflow with all that it is told, where each of its outputs leads, and what the whole is told;
    not where a node stands on the canvas, nor what the notes beside it say."""
    flow = json.loads((ROOT / "docs" / "n8n" / "sales-machine.json").read_text("utf-8"))
    found = []
    for node in flow["nodes"]:
        if node["type"].endswith("stickyNote"):
            continue
        kept = {key: value for key, value in node.items() if key not in {"id", "name", "position"}}
        found += [f"# {node['name']}", *leaves(kept)]
        for number, output in enumerate(flow["connections"].get(node["name"], {"main": []})["main"]):
            found.append(f"output {number}: {', '.join(link['node'] for link in output) or 'nobody'}")
        found.append("")
    found += leaves({key: value for key, value in flow.items() if key not in {"nodes", "connections", "id", "meta"}})
    return "\n".join(found) + "\n"


def page_of(files: list[Path]) -> str:
    found = []
    for file in files:
        found += [f"# {file.relative_to(ROOT)}", *steps(parsed(file.read_text("utf-8"))), ""]
    return "\n".join(found)


def long_defaults(role: Path) -> list[str]:
    """Those that the README's table has no room for, or shows by the name of a shared variable alone; the others stand
    there."""
    values = defaults(role) | (
        parsed((role / "vars/main.yml").read_text("utf-8")) if (role / "vars/main.yml").exists() else {}
    )
    return [
        f"{name} = {told(value)}"
        for name, value in values.items()
        if len(told(value)) > WIDEST or re.fullmatch(r"\{\{ machine_\w+ \| default\(.*\) \}\}", told(value))
    ]


def step_pages() -> dict[str, str]:
    """Page -> text: of each role and of the playbooks what is done and what is said; the workflow."""
    found = {}
    for role in sorted((ROOT / "roles").iterdir()):
        files = [*sorted(role.glob("tasks/*.yml")), *sorted(role.glob("handlers/*.yml"))]
        found[f"steps/{role.name}.txt"] = "\n".join([*long_defaults(role), "", page_of(files)]).lstrip("\n")
        found[f"words/{role.name}.txt"] = words_page(files)
    playbooks = sorted((ROOT / "playbooks").glob("**/*.yml"))
    found["steps/playbooks.txt"], found["words/playbooks.txt"] = page_of(playbooks), words_page(playbooks)
    found["workflow/n8n.txt"] = workflow_page()
    return found


def file_pages(rendered: Path, otherwise: Path) -> dict[str, str]:
    """Page -> text: the lines of each rendered file, then those that other variables bring or take away."""
    found = {}
    for path in sorted(rendered.iterdir()):
        if path.suffix == ".json":
            continue
        usual, other = lines(rendered, path.name), lines(otherwise, path.name)
        text = [*usual, ""]
        text += [f"otherwise without: {line}" for line in usual if line not in other]
        text += [f"otherwise with: {line}" for line in other if line not in usual]
        found[f"files/{path.name}.txt"] = "\n".join(text).rstrip("\n") + "\n"
    plain = [
        *(ROOT / "roles").glob("*/files/*.service"),
        *(ROOT / "roles").glob("*/files/*.tmpl"),
        *(ROOT / "playbooks/files").glob("*.s*"),  # units and shell
        *(ROOT / "playbooks/templates").iterdir(),
        ROOT / "ansible.cfg",
    ]
    for path in sorted(plain):
        found[f"files/{path.name}.txt"] = "\n".join(lines(path.parent, path.name)) + "\n"
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as usual, tempfile.TemporaryDirectory() as other:
        render(Path(usual))
        render(Path(other), OTHERWISE)
        pages = step_pages() | file_pages(Path(usual), Path(other))
    for old in PAGES.glob("*/*.txt"):
        old.unlink()
    for name, text in pages.items():
        (PAGES / name).parent.mkdir(parents=True, exist_ok=True)
        (PAGES / name).write_text(text, "utf-8")
    sys.stdout.write(f"{len(pages)} pages\n")


if __name__ == "__main__":
    main()
