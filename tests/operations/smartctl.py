"""What smartctl 7.3 and 7.4 write as JSON, by the shape of their own output, for disks in every state."""

import json
import sys
from pathlib import Path
from typing import Any

Tree = dict[str, Any]


def _head(device: dict[str, str], status: int, messages: list[str]) -> Tree:
    told = [{"string": each, "severity": "error"} for each in messages]
    words = ["smartctl", "--json=c", "--info", "--health", "--attributes", device["name"]]
    head: Tree = {"version": [7, 4], "svn_revision": "5530", "argv": words, "exit_status": status}
    return {
        "json_format_version": [1, 0],
        "smartctl": head | ({"messages": told} if told else {}),
        "local_time": {"time_t": 1796115033, "asctime": "Tue Dec  1 08:50:33 2026 UTC"},
        "device": device,
    }


def nvme(name: str, *, warning: int = 0, used: int = 3, spare: int = 100, errors: int = 0) -> Tree:
    device = {"name": name, "info_name": name, "type": "nvme", "protocol": "NVMe"}
    return {
        **_head(device, 8 if warning else 0, []),
        "model_name": "SAMPLE NVME 960GB",
        "serial_number": f"NV{name[-1]}00001",
        "firmware_version": "GDC7",
        "nvme_total_capacity": 960197124096,
        "smart_support": {"available": True, "enabled": True},
        "smart_status": {"passed": warning == 0, "nvme": {"value": warning}},
        "nvme_smart_health_information_log": {
            "critical_warning": warning,
            "temperature": 41,
            "available_spare": spare,
            "available_spare_threshold": 10,
            "percentage_used": used,
            "data_units_read": 17176794,
            "data_units_written": 65602088,
            "controller_busy_time": 7601,
            "power_cycles": 25,
            "power_on_hours": 12798,
            "unsafe_shutdowns": 10,
            "media_errors": errors,
            "num_err_log_entries": 62,
        },
        "temperature": {"current": 41},
        "power_on_time": {"hours": 12798},
    }


def _attribute(number: int, name: str, value: int, raw: int, failed: str) -> Tree:
    flags = {"value": 51, "string": "PO--CK ", "prefailure": True, "updated_online": True}
    named = {"id": number, "name": name, "value": value, "worst": value, "thresh": 10, "when_failed": failed}
    return {**named, "flags": flags, "raw": {"value": raw, "string": str(raw)}}


def sata(name: str, *, passed: bool = True, replaced: int = 0, pending: int = 0, life: int = 91, failed: str = "") -> Tree:  # fmt: skip
    device = {"name": name, "info_name": f"{name} [SAT]", "type": "sat", "protocol": "ATA"}
    return {
        **_head(device, (0 if passed else 8) | (16 if failed == "now" else 0), []),
        "model_family": "Sample based SSDs",
        "model_name": "SAMPLE SATA 240GB",
        "serial_number": f"SA{name[-1]}00001",
        "smart_status": {"passed": passed},
        "ata_smart_attributes": {
            "revision": 1,
            "table": [
                _attribute(5, "Reallocated_Sector_Ct", 100, replaced, failed),
                _attribute(9, "Power_On_Hours", 83, 84619, ""),
                _attribute(177, "Wear_Leveling_Count", life, 1661, ""),
                _attribute(197, "Current_Pending_Sector", 100, pending, ""),
                _attribute(198, "Offline_Uncorrectable", 100, 0, ""),
            ],
        },
        "temperature": {"current": 27},
    }


def silent(name: str) -> Tree:
    device = {"name": name, "info_name": name, "type": "nvme", "protocol": "NVMe"}
    return _head(device, 2, [f"Smartctl open device: {name} failed: Resource temporarily unavailable"])


def stand_in(folder: Path, *told: Tree) -> str:
    """A command that answers as smartctl on a server with these disks."""
    names = ("name", "info_name", "type", "protocol")
    devices = [{key: each["device"][key] for key in names} for each in told]
    scan = {"json_format_version": [1, 0], "smartctl": {"version": [7, 4], "exit_status": 0}}
    (folder / "scan.json").write_text(json.dumps(scan | ({"devices": devices} if devices else {})))
    for each in told:
        (folder / f"{Path(each['device']['name']).name}.json").write_text(json.dumps(each))
    program = folder / "smartctl"
    program.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys\n"
        "assert sys.argv[1] == '--json=c'\n"
        "name = 'scan' if '--scan-open' in sys.argv else pathlib.Path(sys.argv[-1]).name\n"
        f"text = pathlib.Path({str(folder)!r}, name + '.json').read_text()\n"
        "print(text)\nsys.exit(json.loads(text)['smartctl']['exit_status'])\n"
    )
    program.chmod(0o755)
    return str(program)
