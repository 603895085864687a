"""Stand-ins for the packages of the NVIDIA driver: real ones of dpkg, with a module that `modinfo` reads and an `nvidia-smi`.

What they leave out is the card. "Loaded" is the version that the module had when the server started, and `nvidia-smi` fails, as
the real one does, while another one is installed.
"""

import base64
import struct
from dataclasses import dataclass

from tests.host.hosts import Host

_SMI = """#!/bin/sh
[ "$(cat /run/nvidia-loaded 2>/dev/null)" = "{version}" ] || {{ echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18; }}
line=
for field in $(echo "$1" | sed 's/--query-gpu=//; s/,/ /g'); do
  case $field in
    name) value="NVIDIA RTX 4000 SFF Ada Generation" ;;
    driver_version) value={version} ;;
    memory.total) value="20475 MiB" ;;
    persistence_mode) value=Enabled ;;
    power.limit) value="{power} W" ;;
  esac
  line="${{line:+$line, }}$value"
done
echo "$line"
"""
# What the kernel would do when it starts.
_BOOT = """[Unit]
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'modinfo --set-version="$(uname -r)" --field=version nvidia > /run/nvidia-loaded; touch /dev/nvidia-uvm'
[Install]
WantedBy=sysinit.target
"""
MAKE = """
set -e; rm -rf FOLDER; mkdir -p FOLDER; cd FOLDER
pack() {
  { dpkg-deb --build --root-owner-group "$1" "$1.deb" > /dev/null; rm -r "$1"; }
  { dpkg-deb -f "$1.deb"; echo "Filename: ./$1.deb"; echo "Size: $(stat -c %s "$1.deb")"
    echo "SHA256: $(sha256sum "$1.deb" | cut -d' ' -f1)"; echo; } >> Packages
}
"""


# What DKMS does when a driver is installed: a module for each kernel with headers.
_BUILD = """#!/bin/sh
mkdir -p /lib/modules/KERNEL; depmod -a KERNEL
for each in /lib/modules/*/build; do
  kernel=$(basename "$(dirname "$each")")
  if [ "$kernel" != KERNEL ]; then
    rm -rf "/lib/modules/$kernel/updates"
    [ ! -d /lib/modules/KERNEL/updates ] || cp -r /lib/modules/KERNEL/updates "/lib/modules/$kernel/"
    depmod "$kernel"
  fi
done
"""


@dataclass(frozen=True)
class Driver:
    """A version of the driver. `built`: whether its module is there for the kernel; `watts`: the card's power limit with it."""

    version: str
    built: bool = True
    watts: str = "70.00"
    conflicts: str = ""
    prebuilt: bool = False
    """Ubuntu's own module with the kernel, in a package of its own, instead of one that is built here."""

    @property
    def branch(self) -> str:
        return self.version.partition(".")[0]

    @property
    def upstream(self) -> str:
        return self.version.partition("-")[0]

    @property
    def package(self) -> str:
        return f"nvidia-{'headless-no-dkms' if self.prebuilt else 'driver'}-{self.branch}-server"


def offer(host: Host, *drivers: Driver) -> None:
    """Makes these versions, and what goes with them, known to the host's apt."""
    kernel = host.read("uname", "-r")
    script = MAKE.replace("FOLDER", "/srv/driver")
    for name, path in (
        ("nvidia-modprobe", "usr/bin/nvidia-modprobe"),
        ("linux-image-generic", "usr/share/doc/linux-image-generic/copyright"),
        ("linux-headers-generic", f"lib/modules/{kernel}/build/Makefile"),
    ):
        script += package(name, "6.8.0-88.88", {path: "#!/bin/sh\n"})
    for driver in drivers:
        library = f"libnvidia-compute-{driver.branch}-server"
        other = "550" if driver.branch == "580" else "580"
        files: dict[str, str | bytes] = {
            "usr/bin/nvidia-smi": _SMI.format(version=driver.upstream, power=driver.watts),
            "usr/bin/nvidia-persistenced": "#!/bin/sh\nsleep infinity &\n",
            "DEBIAN/postinst": _BUILD.replace("KERNEL", kernel),
        }
        if driver.built and not driver.prebuilt:
            files[f"lib/modules/{kernel}/updates/dkms/nvidia.ko"] = module(driver.upstream)
        others = [f"nvidia-driver-{other}-server"]
        if driver.prebuilt:
            others.append(f"nvidia-driver-{driver.branch}-server")
            script += _prebuilt(driver, kernel, files)
        else:
            others += [f"nvidia-headless-no-dkms-{branch}-server" for branch in ("550", "580")]
        conflicts = ", ".join(filter(None, [*others, driver.conflicts]))
        relations = f"Depends: {library} (= {driver.version})\nConflicts: {conflicts}\n"
        script += package(driver.package, driver.version, files, relations)
        script += package(library, driver.version, {f"usr/share/doc/{library}/copyright": "none\n"})
    script += file("/etc/systemd/system/fake-card.service", _BOOT)
    script += "systemctl enable -q fake-card.service\n"
    script += "echo 'deb [trusted=yes] file:/srv/driver ./' > /etc/apt/sources.list.d/driver.list; apt-get update -q\n"
    host.sh(script)


def _prebuilt(driver: Driver, kernel: str, files: "dict[str, str | bytes]") -> str:
    """What such a driver leaves to other packages: its tools, and the module, whose package has the kernel's number."""
    tools = {path: files.pop(path) for path in ("usr/bin/nvidia-smi", "usr/bin/nvidia-persistenced")}
    depmod = {"DEBIAN/postinst": files["DEBIAN/postinst"]}
    modules = f"linux-modules-nvidia-{driver.branch}-server-generic"
    ready = {f"lib/modules/{kernel}/kernel/nvidia-{driver.branch}srv/nvidia.ko": module(driver.upstream)}
    needs = f"Depends: nvidia-headless-no-dkms-{driver.branch}-server (= {driver.version})\n"
    conflicts = "Conflicts: nvidia-driver-550-server, nvidia-driver-580-server\n"
    return package(f"nvidia-utils-{driver.branch}-server", driver.version, tools, needs + conflicts) + package(
        modules, "6.8.0-149.149+1", {**ready, **depmod}, needs
    )


def forget(host: Host, driver: Driver) -> None:
    """The archive has this version no more, as an archive that keeps the newest of a branch alone."""
    host.sh(
        f"cd /srv/driver; rm -f *_{driver.version}.deb;"
        f"awk -v RS= -v ORS='\\n\\n' '!/\\nVersion: {driver.version}\\n/' Packages > P; mv P Packages; apt-get update -q"
    )


def withdraw(host: Host) -> None:
    """Leaves the host as it was before `offer`."""
    host.sh(
        "names=$(dpkg-query -W -f '${Package} ' 'nvidia-*' 'libnvidia-*' 'linux-modules-nvidia-*' 'linux-image-generic' 'linux-headers-generic' 2>/dev/null);"
        '[ -z "$names" ] || { apt-mark unhold $names; apt-get purge -qy $names; };'
        "systemctl disable -q --now fake-card.service nvidia-persistenced.service;"
        "rm -rf /srv/driver /etc/apt/sources.list.d/driver.list /etc/systemd/system/fake-card.service /dev/nvidia-uvm"
        " /etc/systemd/system/nvidia-persistenced.service /etc/modprobe.d/sales-machine-nouveau.conf /run/nvidia-loaded"
        " /etc/modules-load.d/sales-machine-nvidia.conf /var/lib/sales-machine-driver; systemctl daemon-reload",
        check=False,
    )


def module(version: str) -> bytes:
    """A kernel module in ELF, which says its name and version and does nothing."""
    names = b"\0.modinfo\0.shstrtab\0"
    told = f"version={version}\0license=none\0name=nvidia\0".encode()
    sections = [
        (0, 0, 0, 0),
        (1, 1, 64, len(told)),
        (10, 3, 64 + len(told), len(names)),
    ]  # name, type, offset, size
    table = 64 + len(told) + len(names)
    head = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 1, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, 3, 2)
    rows = [
        struct.pack("<IIQQQQIIQQ", name, kind, 2 if name == 1 else 0, 0, at, size, 0, 0, 1, 0)
        for name, kind, at, size in sections
    ]
    return head + told + names + b"".join(rows)


def package(name: str, version: str, files: "dict[str, str | bytes] | dict[str, str]", relations: str = "") -> str:
    folder = f"{name}_{version}"
    control = (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: tests <t@example.com>\n{relations}"
    )
    script = file(f"{folder}/DEBIAN/control", f"{control}Description: a stand-in\n")
    for path, content in files.items():
        script += file(f"{folder}/{path}", content)
    return f"{script}chmod -R go-w {folder}; pack {folder}\n"


def file(path: str, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    mode = "0755" if data.startswith(b"#!") else "0644"
    return f"mkdir -p {path.rpartition('/')[0]}; echo {base64.b64encode(data).decode()} | base64 -d > {path}; chmod {mode} {path}\n"
