"""Between nginx and the service it is nginx that closes a silent connection: no request meets a closed door."""

import re
from pathlib import Path

from loadtests.service import ROOT
from tests.operations.test_role_nginx import blocks, site


def test_nginx_closes_a_silent_connection_before_the_service_does(rendered: Path) -> None:
    (upstream,) = blocks(site(rendered), "upstream sales_machine")
    nginx = re.search(r"keepalive_timeout (\d+)s;", upstream)
    service = re.search(r"timeout_keep_alive=(\d+)", (ROOT / "app/api/server.py").read_text("utf-8"))
    assert nginx and service
    assert int(nginx[1]) < int(service[1])
