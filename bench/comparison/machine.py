"""The machine: which core serves, which drives, what it is, and what its processes take."""

import os
import pathlib
import platform
import subprocess
import time

from drills.cluster import MissingTool, tool


def cores():
    """The serving core and the driving one."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise MissingTool("two cores are needed, one to serve and one to drive")
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
    """What the figures depend on."""
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()
    return f"Rust {rust[1] if len(rust) > 1 else '?'}, Python {platform.python_version()}"


def busy_elsewhere(seconds=2):
    """How many of this machine's cores others keep busy, before we add to it."""

    def busy_ticks():
        user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
        return user + nice + system + irq + softirq + steal

    before = busy_ticks()
    time.sleep(seconds)
    return (busy_ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def memory_mib(session, field="VmRSS"):
    """Memory of all processes of a session, in MiB: `VmRSS` now, `VmHWM` at most so far. Shared pages count in each."""
    total = 0
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and os.getsid(int(folder.name)) == session:
                lines = (folder / "status").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
        except (OSError, ProcessLookupError):
            continue
    return total / 1024
