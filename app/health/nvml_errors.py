"""NVML's error numbers and the driver's Xid events in words, each with what an operator does about it.

The numbers are `nvmlReturn_t` of NVIDIA's NVML reference and the table of its Xid catalogue.
"""

from dataclasses import dataclass
from typing import Final

LIBRARY_NOT_FOUND: Final = 12
GPU_IS_LOST: Final = 15
NOT_OFFERED: Final = frozenset({3, 4, 6, 13, 21, 25, 26})
"""Errors that say "not on this card, driver or account" of a single figure: the figure is then unknown."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """`name` for programs (snake_case), `meaning` for the operator, `fix` to do or paste."""

    name: str
    meaning: str
    fix: str


_CHECK_SERVICE = "restart the service; if it comes back: dmesg | grep -i nvrm"
_REBOOT = "reboot"

_ERRORS: Final[dict[int, Remedy]] = {
    1: Remedy("uninitialized", "the session with the driver was closed", _CHECK_SERVICE),
    2: Remedy("invalid_argument", "the driver knows no such GPU", "nvidia-smi -L lists the GPUs; set gpu.index to one"),
    3: Remedy("not_supported", "the card does not support the query", "no action; update the driver if it should"),
    4: Remedy(
        "no_permission",
        "this account may not ask the driver",
        "ls -l /dev/nvidia*; let the service's unit have them (DeviceAllow=char-nvidia* rw)",
    ),
    5: Remedy("already_initialized", "the session with the driver was opened twice", _CHECK_SERVICE),
    6: Remedy("not_found", "the driver finds no such GPU", "nvidia-smi -L lists the GPUs; set gpu.index to one"),
    7: Remedy("insufficient_size", "the driver answered more than was asked for", _CHECK_SERVICE),
    8: Remedy(
        "insufficient_power",
        "the card does not get enough power",
        "power off and check the card's power cable; on a rented server ask the provider",
    ),
    9: Remedy(
        "driver_not_loaded",
        "the NVIDIA driver is not loaded",
        "modprobe nvidia && modprobe nvidia-uvm; if that fails: dkms status, then reboot",
    ),
    10: Remedy("timeout", "the driver did not answer NVML in time", "dmesg | grep -i nvrm; reboot if it goes on"),
    11: Remedy("irq_issue", "the driver gets no interrupts from the card", f"dmesg | grep -i nvrm; {_REBOOT}"),
    12: Remedy(
        "library_not_found",
        "libnvidia-ml.so.1 is not installed",
        "install the driver's package (apt-cache policy 'nvidia-driver-*' shows which), then reboot",
    ),
    13: Remedy(
        "function_not_found",
        "the driver is too old for a query",
        "install driver 550 or later, then reboot",
    ),
    14: Remedy(
        "corrupted_inforom",
        "the card's own memory of its settings (infoROM) is damaged",
        "nvidia-smi -q | grep -i -A4 inforom; have the card replaced",
    ),
    15: Remedy(
        "gpu_is_lost",
        "the GPU is lost: it fell off the bus",
        "power cycle the server (a reboot may not do); look for Xid 79: dmesg | grep -i xid",
    ),
    16: Remedy(
        "reset_required",
        "the GPU must be reset before it can be used again",
        "stop what uses it (systemctl stop ollama sales-machine), nvidia-smi --gpu-reset; else reboot",
    ),
    17: Remedy(
        "operating_system",
        "the operating system blocked the driver's call",
        "ls -l /dev/nvidia*; check the unit's DeviceAllow= and PrivateDevices=no",
    ),
    18: Remedy(
        "version_mismatch",
        "the driver was upgraded while its old module is loaded",
        "reboot; then hold its packages: apt-mark hold 'nvidia-*' 'libnvidia-*'",
    ),
    19: Remedy("in_use", "another process holds the GPU", "nvidia-smi shows which; stop it"),
    20: Remedy("memory", "the driver has too little memory", "free -h; stop what takes the memory"),
    21: Remedy("no_data", "the driver has no such figure now", _CHECK_SERVICE),
    22: Remedy(
        "vgpu_ecc_not_supported", "a virtual GPU cannot be used while ECC is on", "nvidia-smi -e 0, then reboot"
    ),
    23: Remedy("insufficient_resources", "the driver ran out of a resource", _CHECK_SERVICE),
    24: Remedy("freq_not_supported", "the card does not know the clock asked for", "nvidia-smi -rgc"),
    25: Remedy(
        "argument_version_mismatch",
        "driver and nvidia-ml-py do not know each other's structures",
        "install driver 550 or later, then reboot",
    ),
    26: Remedy("deprecated", "the driver no longer offers a query", "install the newest release of the machine"),
    27: Remedy("not_ready", "the driver is still starting", "wait a minute; then dmesg | grep -i nvrm"),
    28: Remedy("gpu_not_found", "the driver finds no GPU", "lspci -nn | grep -i nvidia; power cycle if it is missing"),
    29: Remedy("invalid_state", "the GPU is in a state that forbids the query", f"nvidia-smi; {_REBOOT} if it stays"),
    30: Remedy("reset_type_not_supported", "the card cannot be reset this way", "power cycle the server"),
}

NO_GPU: Final = Remedy(
    "no_gpu",
    "the driver is loaded, but it sees no GPU",
    "lspci -nn | grep -i nvidia; if it is listed: dmesg | grep -i nvrm; if not: power cycle the server",
)
SILENT: Final = Remedy(
    "no_answer",
    "the GPU's driver does not answer",
    "dmesg | grep -i -e nvrm -e xid; stop ollama and reboot, with a power cycle if the reboot hangs",
)


def remedy(number: int) -> Remedy:
    """What NVML's error `number` means; a general sentence that carries the number for one not in the table."""
    known = _ERRORS.get(number)
    if known is not None:
        return known
    return Remedy(
        "unknown",
        f"the NVIDIA driver failed with NVML error {number}",
        "nvidia-smi; dmesg | grep -i -e nvrm -e xid; reboot if it goes on",
    )


_XIDS: Final[dict[int, str]] = {
    13: "a program's error on the GPU",
    31: "a program's access to memory it does not have",
    43: "a program's work was stopped",
    45: "a program's work was cleaned up after another error",
    48: "a memory error that ECC could not correct",
    61: "an internal controller stopped with a warning",
    62: "an internal controller halted",
    63: "a memory row is to be remapped",
    64: "a memory row could not be remapped",
    74: "an NVLink error",
    79: "the GPU fell off the bus",
    92: "many memory errors that ECC corrected",
    94: "a memory error, contained to one program",
    95: "a memory error that was not contained",
    119: "the GPU's own processor (GSP) does not answer",
    120: "the GPU's own processor (GSP) failed",
}
XIDS_OF_PROGRAMS: Final = frozenset({13, 31, 43, 45})
"""Xid events that a program causes and that leave the card healthy."""


def xid_words(number: int) -> str:
    """`Xid 79: the GPU fell off the bus`; one not in the table points to NVIDIA's list."""
    return f"Xid {number}: {_XIDS.get(number, 'see the Xid catalogue of NVIDIA')}"
