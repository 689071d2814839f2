"""Component benchmarks by `cargo bench`: all of them in each round, so that ratios are taken within a round."""

import os
import re
import subprocess

from drills.cluster import ROOT, DrillError, tool

from .machine import pinned

#: By package and benchmark program: the benchmarks and their labels on the page.
PARTS = {
    ("shared", "verify"): {
        "bare_rsa_verification": "one RSA-2048 verification of aws-lc-rs, parsed key",
        "token_never_seen": "a token verified for the first time",
        "token_with_a_bad_signature": "a token with an invalid signature",
        "cached_token": "a cached token",
        "cached_token_with_a_status": "a cached token with its status",
        "ten_thousand_cached_tokens_in_turn": "10,000 cached tokens in turn",
    },
    ("auth-service", "login"): {
        "bare_rsa_signature": "one RSA-2048 signature of aws-lc-rs, parsed key",
        "access_token_signed": "an access token created and signed",
    },
}
SECONDS_EACH = 0.5
UNITS = {"ns": 1e-3, "µs": 1.0, "ms": 1e3, "s": 1e6}
#: A row of divan's table: name, fastest, slowest, median, ...
ROW = re.compile(r"[├╰]─ (\w+)\s+[\d.]+ \S+\s+│ [\d.]+ \S+\s+│ ([\d.]+) (\S+)")


class Part:
    """The time of a component in microseconds: the median of each round."""

    def __init__(self, name, text):
        self.name, self.text, self.micros = name, text, []


def programs(report):
    """Builds the benchmark programs; returns their paths and the benchmarks of each."""
    built = []
    for (package, bench), names in PARTS.items():
        report.progress(f"cargo bench -p {package} --bench {bench} --no-run")
        command = [tool("cargo", "install Rust, see https://rustup.rs"), "bench", "-p", package, "--bench", bench]
        done = subprocess.run([*command, "--no-run"], cwd=ROOT, capture_output=True, text=True)
        path = re.search(r"\((\S+)\)\s*$", done.stderr)
        if path is None:
            raise DrillError(f"cargo failed to build the benchmark {bench}: {done.stderr[-500:]}")
        built.append((os.path.join(ROOT, path[1]), [f"{bench}::{name}" for name in names]))
    return built


def measure(core, built, rounds, report):
    """All components, each measured once per round with the result of `programs`."""
    parts = {name: Part(name, text) for names in PARTS.values() for name, text in names.items()}
    for number in range(rounds):
        for path, names in built:
            command = pinned(core, [path, "--bench", "--min-time", SECONDS_EACH, "--exact", *names])
            out = subprocess.run(command, capture_output=True, text=True).stdout
            for name, median, unit in ROW.findall(out):
                parts[name].micros.append(float(median) * UNITS[unit])
        shown = "  ".join(f"{part.name} {part.micros[-1]:.3g}" for part in parts.values() if part.micros)
        report.progress(f"components, round {number + 1} of {rounds}, in microseconds: {shown}")
    if missing := [name for name, part in parts.items() if len(part.micros) != rounds]:
        raise DrillError(f"no result from cargo bench for {', '.join(missing)}")
    return parts
