"""decommission.yml: only when it is meant, and then nothing is left. On a server of its own, which is gone afterwards."""

from collections.abc import Iterator

import pytest

from tests.host.conftest import NUMBER, server
from tests.host.hosts import Host
from tests.host.services import Services

DECOMMISSION = "playbooks/decommission.yml"
GONE = "/var/lib/sales-machine /etc/sales-machine /opt/sales-machine /var/backups/sales-machine /var/lib/ollama /opt/ollama"


@pytest.fixture
def doomed() -> Iterator[Host]:
    for host in server(f"doomed{NUMBER}", NUMBER + 60, fresh=True):
        with Services(host):
            play = host.play("site.yml")
            assert play.status == 0, play.output
            yield host


def test_it_asks_and_then_leaves_nothing(doomed: Host) -> None:
    text = "Уникальная фраза покупателя для проверки стирания"
    doomed.sh(
        f"""python3 - <<'END'
import json, urllib.request
key = open("/etc/sales-machine/api_keys").read().split()[-1]
body = json.dumps({{"session_id": "E", "user_id": "erase-me", "message": {{"text": "{text}"}}}}).encode()
head = {{"Authorization": "Bearer " + key, "Content-Type": "application/json"}}
urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8000/api/v1/process", body, head), timeout=60).read()
END"""
    )
    refused = doomed.play(DECOMMISSION)
    assert refused.status != 0
    assert "decommission_confirm=machine.test" in refused.one_line
    dry = doomed.play(DECOMMISSION, "--check", decommission_confirm="machine.test")
    assert dry.status == 0, dry.output
    assert doomed.sh("systemctl is-active sales-machine.service") == "active"
    done = doomed.play(DECOMMISSION, decommission_confirm="machine.test")
    assert done.status == 0, done.output
    assert doomed.sh(f"ls -d {GONE} 2>/dev/null", check=False) == ""
    assert doomed.sh("ss -Hltn 'sport = :8000 or sport = :11434 or sport = :443'") == ""
    assert doomed.sh("systemctl list-unit-files --no-legend 'sales-machine*' ollama.service", check=False) == ""
    assert doomed.sh(f"grep -rslF '{text}' /var /etc /opt /root /tmp || true") == ""
    again = doomed.play(DECOMMISSION, decommission_confirm="machine.test")
    assert (again.status, again.changed) == (0, []), again.output
