"""What the tool reads in GRUB's menu and of kernels; tests/host tries it with GRUB's own tools."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from loadtests.service import ROOT


@pytest.fixture(scope="module")
def boot() -> ModuleType:
    spec = importlib.util.spec_from_file_location("boot", ROOT / "playbooks/files/boot.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["boot"] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


UUID = "6f1d8a54-2a36-4b53-9a08-30d2c3c1d5a1"
# As grub-mkconfig of Ubuntu 24.04 writes it: one entry of the newest kernel, the others in a menu of their own.
MENU = f"""
if [ "${{next_entry}}" ] ; then
   set default="${{next_entry}}"
fi
menuentry 'Ubuntu' --class ubuntu --class gnu-linux --class gnu --class os $menuentry_id_option 'gnulinux-simple-{UUID}' {{
\tlinux\t/vmlinuz-6.8.0-90-generic root=UUID={UUID} ro
}}
submenu 'Advanced options for Ubuntu' $menuentry_id_option 'gnulinux-advanced-{UUID}' {{
\tmenuentry 'Ubuntu, with Linux 6.8.0-90-generic' --class os $menuentry_id_option 'gnulinux-6.8.0-90-generic-advanced-{UUID}' {{
\t\techo\t'Loading Linux 6.8.0-90-generic ...'
\t}}
\tmenuentry 'Ubuntu, with Linux 6.8.0-90-generic (recovery mode)' --class os $menuentry_id_option 'gnulinux-6.8.0-90-generic-recovery-{UUID}' {{
\t}}
\tmenuentry 'Ubuntu, with Linux 6.8.0-9-generic' --class os $menuentry_id_option 'gnulinux-6.8.0-9-generic-advanced-{UUID}' {{
\t}}
}}
menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {{
}}
"""
FLAT = """
menuentry 'Debian, with Linux 6.1.0-30-amd64' --class os $menuentry_id_option 'gnulinux-6.1.0-30-amd64-advanced-/dev/md2' {
}
"""


def test_each_kernel_has_the_entry_that_grub_takes(boot: ModuleType) -> None:
    assert boot.menu(MENU) == {
        "6.8.0-90-generic": f"gnulinux-advanced-{UUID}>gnulinux-6.8.0-90-generic-advanced-{UUID}",
        "6.8.0-9-generic": f"gnulinux-advanced-{UUID}>gnulinux-6.8.0-9-generic-advanced-{UUID}",
    }
    assert boot.menu(FLAT) == {"6.1.0-30-amd64": "gnulinux-6.1.0-30-amd64-advanced-/dev/md2"}


def test_the_newest_is_the_newest_by_number(boot: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    for kernel in ("6.8.0-9-generic", "6.8.0-90-generic", "6.8.0-10-generic"):
        (tmp_path / "boot" / f"vmlinuz-{kernel}").touch()
    assert boot.look(tmp_path).newest == "6.8.0-90-generic"


def test_without_grub_it_says_what_is_missing(
    boot: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = boot.look(tmp_path)
    assert (found.once, found.kernels) == (False, ())
    assert "grub.cfg or grub-reboot is missing" in found.why
    assert boot.main(["once", "6.8.0-90-generic", "600"], tmp_path) == 1
    assert "no kernel is pinned, so there would be no way back" in capsys.readouterr().err
    assert boot.main(["twice"], tmp_path) == 2
