"""The machine: its cores and hardware, and the memory and processor time of its processes."""

import os
import pathlib
import platform
import subprocess
import time

from drills.cluster import MissingTool, tool


def cores():
    """The core of the servers and the core of the load generator."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise MissingTool("two cores are required, one for the servers and one for the load generator")
    return usable[0], usable[1]


def pinned(core, command):
    return [tool("taskset", "apt-get install util-linux"), "-c", str(core), *map(str, command)]


def description():
    """One line on the hardware and the system."""
    cpu = next((line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    widest = next((name for name, flag in (("AVX-512", "avx512f"), ("AVX2", "avx2")) if flag in flags), "SSE2")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = cpu.partition(":")[2].strip() or platform.machine()
    return f"{name} ({widest}), {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release().partition('-')[0]}"


def versions():
    """Versions that the results depend on."""
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()
    return f"Rust {rust[1] if len(rust) > 1 else '?'}, Python {platform.python_version()}"


def busy_elsewhere(seconds=2):
    """How many cores other processes keep busy before the benchmark starts."""

    def busy_ticks():
        user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
        return user + nice + system + irq + softirq + steal

    before = busy_ticks()
    time.sleep(seconds)
    return (busy_ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def of_session(session, file):
    """That file under /proc of every process of a session."""
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and os.getsid(int(folder.name)) == session:
                yield (folder / file).read_text()
        except (OSError, ProcessLookupError):
            continue


def memory_mib(session, field="VmRSS"):
    """Memory of all processes of a session, in MiB: `VmRSS` is current, `VmHWM` peak. Shared pages are included in each."""
    lines = (line for status in of_session(session, "status") for line in status.splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024


def cpu_seconds(session):
    """User and system time of all processes of a session, in seconds."""
    # The name in the second field may contain spaces; utime and stime are fields 14 and 15.
    fields = [stat.rpartition(")")[2].split() for stat in of_session(session, "stat")]
    return tuple(sum(int(row[index]) for row in fields) / os.sysconf("SC_CLK_TCK") for index in (11, 12))
