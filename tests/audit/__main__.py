"""The command: prints what it found, exit status 0 only when all that was to be asked was asked and nothing was found."""

import sys

from tests.audit import advisories, pins, traps
from tests.host.lock import ROOT


def main() -> None:
    offline = sys.argv[1:] == ["--offline"]
    if sys.argv[1:] and not offline:
        sys.exit("usage: python -m tests.audit [--offline]")
    found = [*pins.faults(), *traps.faults(ROOT)]
    for fault in found:
        print(fault)
    if differing := pins.drift():
        print(f"note: tests run here with other versions than servers get: {'; '.join(differing)}")
    if not offline:
        flaws = advisories.faults()
        print("\n".join(flaws))
        found += flaws
    if found:
        sys.exit(f"audit: {len(found)} findings")
    print(
        "audit: pins and code are well"
        + ("; advisories were not asked (make audit does)" if offline else ", no advisory")
    )


if __name__ == "__main__":
    main()
