"""The certificate: issued by the authority, renewed without anybody, taken up by nginx, never with a broken configuration."""

import json
import ssl
import time
from typing import Any

import pytest

from tests.host.callers import DOMAIN, Caller
from tests.host.hosts import Host

FRONT = "tests/host/playbooks/front.yml"
LIVE = f"/etc/letsencrypt/live/{DOMAIN}"
RENEW = "certbot renew --force-renewal --no-random-sleep-on-renew --quiet"


@pytest.fixture(scope="module")
def caller(provisioned: Host) -> Caller:
    return Caller(provisioned)


def served(caller: Caller) -> str:
    """Serial number of the certificate that nginx shows."""
    with caller.connect() as secured:
        return str(secured.getpeercert()["serialNumber"])


def shows_another(caller: Caller, before: str) -> str:
    """The serial number once it is another one: after a reload the old workers still finish what they have."""
    for _ in range(50):
        if (now := served(caller)) != before:
            return now
        time.sleep(0.1)
    return before


def test_the_certificate_is_the_authoritys_for_this_name_alone(caller: Caller) -> None:
    with caller.connect() as secured:
        shown = secured.getpeercert()
    assert shown["subjectAltName"] == (("DNS", DOMAIN),)
    with pytest.raises(ssl.SSLCertVerificationError):
        caller.connect(ssl.create_default_context())  # it is the tests' authority, which nobody else trusts


def test_the_key_is_elliptic_and_for_root_alone(caller: Caller) -> None:
    host = caller.host
    assert "id-ecPublicKey" in host.sh(f"openssl x509 -noout -text -in {LIVE}/cert.pem")
    assert host.sh(f"stat -L -c '%a %U' {LIVE}/privkey.pem") == "600 root"


def test_the_timer_renews_and_nginx_shows_the_new_one(caller: Caller) -> None:
    host = caller.host
    assert host.sh("systemctl is-enabled certbot.timer; systemctl is-active certbot.timer") == "enabled\nactive"
    before = served(caller)
    host.sh(RENEW)
    after = shows_another(caller, before)
    assert after != before
    assert host.sh(f"openssl x509 -noout -serial -in {LIVE}/cert.pem") == f"serial={after}"


def test_a_renewal_under_a_broken_configuration_leaves_nginx_serving(caller: Caller) -> None:
    host = caller.host
    host.sh("echo 'nonsense here;' > /etc/nginx/conf.d/broken.conf")
    try:
        before = served(caller)
        host.sh(RENEW, check=False)
        assert host.sh(f"openssl x509 -noout -serial -in {LIVE}/cert.pem") != f"serial={before}"
        time.sleep(1)
        assert served(caller) == before
        assert caller.ask("GET", "/health").status == 200
    finally:
        host.sh("rm /etc/nginx/conf.d/broken.conf")
    host.sh("/etc/letsencrypt/renewal-hooks/deploy/sales-machine")
    assert shows_another(caller, before) != before


def test_a_lost_certificate_comes_back_and_a_second_run_changes_nothing(caller: Caller) -> None:
    host = caller.host
    host.sh("rm -rf /etc/letsencrypt/live /etc/letsencrypt/archive /etc/letsencrypt/renewal")
    play = host.play(FRONT, front_roles=["nginx", "tls"])
    assert play.status == 0, play.output
    assert "tls : Have a certificate issued" in play.changed
    assert caller.ask("GET", "/health").status == 200
    again = host.play(FRONT, front_roles=["nginx", "tls"])
    assert again.recap["changed"] == 0, again.changed


def test_a_wrong_port_80_is_found_here_and_costs_no_failure_at_the_authority(caller: Caller) -> None:
    host = caller.host
    elsewhere = {"tls_acme_directory": "https://acme.test:14000/another", "tls_addresses": [f"10.213.{host.number}.66"]}
    play = host.play(FRONT, front_roles=["tls"], **elsewhere)
    assert play.status != 0
    assert f"10.213.{host.number}.66 wrong: " in play.one_line
    assert "open port 80 in the provider's own firewall" in play.one_line
    assert "TASK [tls : Have a certificate issued]" not in play.output
    assert host.sh("ls /var/www/acme/.well-known/acme-challenge") == ""


def test_the_renewal_trusts_an_authority_of_ones_own(caller: Caller) -> None:
    host = caller.host
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    try:
        for given, shown in ((bundle, f"Environment=REQUESTS_CA_BUNDLE={bundle}"), ("", "Environment=")):
            assert host.play(FRONT, front_roles=["tls"], tls_ca_bundle=given).status == 0
            assert host.sh("systemctl show certbot.service -p Environment") == shown
    finally:
        assert host.play(FRONT, front_roles=["tls"]).status == 0


@pytest.mark.parametrize(
    ("wrong", "variable", "fix"),
    [
        ({"tls_domain": "x"}, "tls_domain", "machine_domain: bot.example.com"),
        ({"tls_contact_email": "ops@example.com"}, "tls_contact_email", "machine_contact_email: you@your.domain"),
        ({"tls_acme_directory": "http://acme.test/dir"}, "tls_acme_directory", "https URL"),
        ({"tls_ca_bundle": "roots.pem"}, "tls_ca_bundle", "whole paths"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_wrong_variable_is_named_with_its_fix_and_nothing_changes(
    caller: Caller, wrong: dict[str, Any], variable: str, fix: str
) -> None:
    play = caller.host.play(FRONT, front_roles=["tls"], **wrong)
    assert play.status != 0
    assert variable in play.one_line
    assert fix in play.one_line
    assert play.recap["changed"] == 0
