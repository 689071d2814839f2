"""Faults, one after another: a locked, full, damaged or missing database, no more descriptors, a clock that jumps.

Each fault has services of its own; those that need something this machine lacks are skipped."""

from . import fault_clock, fault_descriptors, fault_disk, fault_sqlite
from .report import Report

DATABASES = ["sqlite"]
FAULTS = {
    "locked": fault_sqlite.locked,
    "damaged-wal": fault_sqlite.damaged_wal,
    "full-disk": fault_disk.full_for_sqlite,
    "full-disk-postgres": fault_disk.full_for_postgres,
    "read-only": fault_disk.read_only,
    "database-gone": fault_disk.gone,
    "descriptors": fault_descriptors.exhausted,
    "clock": fault_clock.jumps,
}


def add_arguments(command):
    command.add_argument("--only", choices=FAULTS, help="only this fault")


def run(_, args):
    report = Report("faults")
    for name, fault in FAULTS.items():
        if args.only in (None, name):
            report.progress(name)
            fault(report)
    report.figure("faults", args.only or len(FAULTS))
    return report.end()
