"""A server's boot loader and its kernels, on a test host that has neither.

GRUB's own tools write its menu and its notes; only the question what lies below /boot is answered in their place. What GRUB does with
menu and notes at a start is done by a unit, and `uname -r` says what it chose. A kernel whose file says `panic` restarts, where the menu
has `panic=`, as Linux does.
"""

from tests.host.driver_packages import MAKE, file, package
from tests.host.hosts import Host

NEW = "999.8.0-10-generic"
"""Newer than whatever this machine runs."""
_PROBE = """#!/bin/sh
target=
for each; do case $each in --target=*) target=${each#*=} ;; esac; done
case $target in
  abstraction) cat /etc/loader-lies-on 2>/dev/null ;;
  device | disk) echo /dev/sda1 ;;
  fs) echo ext2 ;;
  fs_uuid) echo 6f1d8a54-2a36-4b53-9a08-30d2c3c1d5a1 ;;
  partmap) echo gpt ;;
esac
exit 0
"""
_UNAME = """#!/bin/sh
[ "$*" = -r ] && [ -e /run/booted-kernel ] && exec cat /run/booted-kernel
exec /usr/bin/uname "$@"
"""
_LOADER = r"""#!/bin/sh
newest() { ls /boot/vmlinuz-* | sed 's,.*/vmlinuz-,,' | sort -V | tail -1; }
note() { grub-editenv - list | sed -n "s/^$1=//p"; }
kernel=none
for start in 1 2 3; do
  entry=$(note next_entry)
  if [ -n "$entry" ]; then
    [ -s /etc/loader-lies-on ] || grub-editenv - unset next_entry
  elif grep -q 'set default="${saved_entry}"' /boot/grub/grub.cfg; then
    entry=$(note saved_entry)
  fi
  chosen=$(echo "$entry" | sed -n 's/.*>gnulinux-\(.*\)-advanced-.*/\1/p')
  chosen=${chosen:-$(newest)}
  echo "start $start: $chosen" >> /var/log/loader.log
  if grep -q panic "/boot/vmlinuz-$chosen"; then
    grep -q "vmlinuz-$chosen .*panic=60" /boot/grub/grub.cfg || break
  else
    kernel=$chosen; break
  fi
done
echo "$kernel" > /run/booted-kernel
"""
_UNIT = """[Unit]
DefaultDependencies=no
After=local-fs.target
Before=fake-card.service sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/fake-loader
[Install]
WantedBy=sysinit.target
"""


def install(host: Host) -> str:
    """GRUB with a menu of the kernel that runs, whose name is returned."""
    kernel = host.read("uname", "-r")
    script = "export DEBIAN_FRONTEND=noninteractive; apt-get update -q; apt-get install -qy --no-install-recommends grub2-common\n"
    script += "dpkg-divert --quiet --local --rename /usr/sbin/grub-probe\n"
    for path, content in (
        ("/usr/sbin/grub-probe", _PROBE),
        ("/usr/local/sbin/uname", _UNAME),
        ("/usr/local/sbin/fake-loader", _LOADER),
        ("/etc/systemd/system/fake-loader.service", _UNIT),
        (f"/boot/vmlinuz-{kernel}", "boots\n"),
    ):
        script += file(path, content)
    # What the night brings would come in between.
    script += "systemctl mask -q apt-daily.service apt-daily-upgrade.service\n"
    # As each night does: its first look leaves an empty sources.list on a server that has none.
    script += "unattended-upgrade --dry-run\n"
    script += "mkdir -p /boot/grub; grub-editenv - create; update-grub; systemctl enable -q fake-loader.service\n"
    host.sh(f"set -e\n{script}")
    return kernel


def offer_kernel(host: Host, version: str, now: str, *, boots: bool = True) -> None:
    """Makes kernel NEW known to the host's apt. `now` is the kernel whose modules DKMS has built."""
    image, headers = f"linux-image-{NEW}", f"linux-headers-{NEW}"
    build = f"rm -rf /lib/modules/{NEW}/updates; cp -r /lib/modules/{now}/updates /lib/modules/{NEW}/; depmod {NEW}"
    script = MAKE.replace("FOLDER", "/srv/kernel")
    script += package(
        image,
        version,
        {f"boot/vmlinuz-{NEW}": "boots\n" if boots else "panic\n", "DEBIAN/postinst": "#!/bin/sh\nupdate-grub\n"},
    )
    script += package(
        headers,
        version,
        {f"lib/modules/{NEW}/build/Makefile": "all:\n", "DEBIAN/postinst": f"#!/bin/sh\n{build}\n"},
    )
    for meta, needs in (("linux-image-generic", image), ("linux-headers-generic", headers)):
        script += package(
            meta, version, {f"usr/share/doc/{meta}/copyright": "none\n"}, f"Depends: {needs} (= {version})\n"
        )
    script += "echo 'deb [trusted=yes] file:/srv/kernel ./' > /etc/apt/sources.list.d/kernel.list; apt-get update -q\n"
    host.sh(script)


def offer_upgrade(host: Host, now: str, later: str) -> None:
    """A package at version `now` with an upgrade among the security ones, and another with one that is none."""
    for name, label, codename in (
        ("fixed-thing", "Debian-Security", "bookworm-security"),
        ("other-thing", "elsewhere", "elsewhere"),
    ):
        folder = f"/srv/{name}"
        script = MAKE.replace("FOLDER", folder)
        for version in (now, later):
            script += package(name, version, {f"usr/share/doc/{name}/copyright": "none\n"})
        script += (
            f"printf 'Origin: Debian\\nLabel: {label}\\nSuite: {codename}\\nCodename: {codename}\\nDate: %s\\n' \"$(date -Ru)\" > Release\n"
            "printf 'SHA256:\\n %s %s Packages\\n' \"$(sha256sum Packages | cut -d' ' -f1)\" \"$(stat -c %s Packages)\" >> Release\n"
            f"echo 'deb [trusted=yes] file:{folder} ./' > /etc/apt/sources.list.d/{name}.list; apt-get update -q\n"
            f"apt-get install -qy --allow-downgrades {name}={now}\n"
        )
        host.sh(script)


def withdraw_loader(host: Host) -> None:
    """Leaves the host as it was."""
    host.sh(
        f"apt-mark unhold 'linux-*' >/dev/null; apt-get purge -qy linux-image-{NEW} linux-headers-{NEW} fixed-thing other-thing;"
        "systemctl disable -q fake-loader.service sales-machine-trial.service;"
        "systemctl unmask -q apt-daily.service apt-daily-upgrade.service;"
        "rm -f /usr/sbin/grub-probe; dpkg-divert --quiet --local --rename --remove /usr/sbin/grub-probe; apt-get purge -qy grub2-common grub-common;"
        "rm -rf /srv/kernel /srv/fixed-thing /srv/other-thing /etc/apt/sources.list.d/kernel.list"
        " /etc/apt/sources.list.d/fixed-thing.list /etc/apt/sources.list.d/other-thing.list /usr/local/sbin/uname"
        " /usr/local/sbin/fake-loader /etc/systemd/system/fake-loader.service /run/booted-kernel /etc/loader-lies-on /boot/grub"
        f" /boot/vmlinuz-* /lib/modules/{NEW} /etc/default/grub.d /var/lib/sales-machine-system; systemctl daemon-reload",
        check=False,
    )
