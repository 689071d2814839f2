"""docs/benchmarks.md: what was measured, and nothing else."""

import datetime
from statistics import median

from . import machine
from .memory import IDLE_GOAL, LOADED_GOAL, MANY_CONNECTIONS
from .rounds import ratio


def figure(number):
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def rows(found):
    """The table of rates."""
    lines = ["| what | requests/s, median | slowest to fastest round | p99, ms | failed |", "| --- | --- | --- | --- | --- |"]
    for target in found.targets:
        low, high = target.spread
        lines.append(
            f"| {target.text} | {figure(target.rate)} | {figure(low)} to {figure(high)} | {figure(target.p99_ms)} | {target.bad} |"
        )
    return lines


def goal_rows(found):
    """The goals of the project, each with its ratio; those that are missed are said to be."""
    lines = ["| ratio | measured | goal | |", "| --- | --- | --- | --- |"]
    for text, one, other, goal in found.goals:
        measured = ratio(found.target(one).rates, found.target(other).rates)
        lines.append(goal_row(text, f"{measured:.3g}", f"at least {goal:g}", measured >= goal))
    return lines


def log_in_account(found):
    """What a login's time on the core is made of: by the ratio to the hashes of the same round, as above."""
    whole, signing = (1000 / found.target(name).rate for name in ("login", "signatures"))
    hashing = whole * ratio(found.target("login").rates, found.target("hashes").rates)
    return [
        f"A login has {whole:.2f} ms of the core: a bare hash takes {hashing:.2f} ms, a bare signature {signing:.2f} ms, and",
        f"{whole - hashing - signing:.2f} ms go to HTTP, the database with its commit, and what hashing loses beside them. With the hash and",
        f"the signature alone, {hashing / (hashing + signing):.3g} of the hashes could be logins.",
    ]


def part_rows(found):
    """What the parts take, and those of them that have a goal."""
    lines = ["| part | microseconds, median | fastest to slowest round |", "| --- | --- | --- |"]
    for part in found.parts.values():
        low, high = min(part.micros), max(part.micros)
        lines.append(f"| {part.text} | {median(part.micros):.3g} | {low:.3g} to {high:.3g} |")
    return [*lines, "", *part_goal_rows(found.parts)]


def part_goal_rows(parts):
    lines = ["| | measured | goal | |", "| --- | --- | --- | --- |"]
    for text, one, other, goal in (
        ("a token verified for the first time, against one bare verification", "token_never_seen", "bare_rsa_verification", 1.25),
        ("a token made and signed, against one bare signature", "access_token_signed", "bare_rsa_signature", 1.15),
    ):
        measured = ratio(parts[one].micros, parts[other].micros)
        lines.append(goal_row(text, f"{measured:.3g}", f"at most {goal:g}", measured <= goal))
    remembered = median(parts["remembered_token_with_a_status"].micros)
    text = "a remembered token with its status, in microseconds"
    lines.append(goal_row(text, f"{remembered:.3g}", "below 0.5", remembered < 0.5))
    return lines


def goal_row(text, measured, goal, is_reached):
    return f"| {text} | {measured} | {goal} | {'reached' if is_reached else '**missed**'} |"


def footprint_goal_rows(found):
    """What resource-service is to stay within."""
    replica, tokens, held = found.footprints["resource-service"], found.distinct_tokens, found.distinct_held
    return [
        "| resource-service | measured | goal | |",
        "| --- | --- | --- | --- |",
        goal_row("resident when idle", f"{replica['idle']:.1f} MiB", f"below {IDLE_GOAL} MiB", replica["idle"] < IDLE_GOAL),
        goal_row(
            f"at most, with 10,000 tokens over {MANY_CONNECTIONS} connections",
            f"{found.with_many_tokens:.1f} MiB", f"below {LOADED_GOAL} MiB", found.with_many_tokens < LOADED_GOAL,
        ),
        goal_row(
            f"at most, after {tokens:,} different good tokens, {held:,} of them held",
            f"{found.with_distinct_tokens:.1f} MiB", f"below {LOADED_GOAL} MiB", found.with_distinct_tokens < LOADED_GOAL,
        ),
        goal_row("from start to ready", f"{replica['start'] * 1000:.0f} ms", "below 150 ms", replica["start"] < 0.15),
    ]


def footprint_rows(found):
    lines = ["| process | idle, MiB | after load, MiB | start to first answer, s |", "| --- | --- | --- | --- |"]
    for name, row in found.footprints.items():
        lines.append(f"| {name} | {row['idle']:.1f} | {row['after']:.1f} | {row['start']:.2f} |")
    return lines


def overload_rows(found):
    crowd = found.overload
    growth = crowd["memory_most"] - found.hash_memory_mib
    return [
        "| | |",
        "| --- | --- |",
        f"| offered, logins a second | {crowd['offered']:.0f} |",
        f"| admitted, a second; p50, p99 | {crowd['admitted']:.0f}; {crowd['admitted_p50']:.0f} ms, {crowd['admitted_p99']:.0f} ms (goal: p99 below 2,000 ms) |",
        f"| answered 503, a second; p50, p99 | {crowd['refused']:.0f}; {crowd['refused_p50']:.1f} ms, {crowd['refused_p99']:.1f} ms |",
        f"| lost, or answered otherwise | {crowd['other']} |",
        f"| `/refresh` meanwhile: p99; failed | {crowd['refresh_p99']:.1f} ms (goal: below 50 ms); {crowd['refresh_failed']} |",
        f"| key set meanwhile: p99 | {crowd['jwks_p99']:.1f} ms (goal: below 50 ms) |",
        f"| health meanwhile: p99 | {crowd['health_p99']:.1f} ms |",
        f"| memory before; at most | {crowd['memory_before']:.1f} MiB; {crowd['memory_most']:.1f} MiB |",
        f"| at most, without the pool's {found.hash_memory_mib:.0f} MiB | {growth:.1f} MiB (goal: below 40 MiB) |",
    ]


def document(found, args):
    """The page."""
    today = datetime.date.today().isoformat()
    form = "the short form (`--quick`): too few and too short rounds to rely on" if args.quick else "the full form"
    parts = [
        "# Benchmarks",
        "",
        "Written by `bench/compare`; do not edit. One core serves, another drives with wrk; one worker each. Every target is",
        f"measured in each of {found.rounds} rounds of {found.seconds} s, one after another with {found.connections} connections (logins:",
        f"{found.log_in_connections}); ratios are taken within a round. Rates drift with the machine, ratios hold better.",
        "",
        f"- Machine: {found.machine}; {found.versions}",
        f"- Date: {today}, {form}; kept busy by others before: {found.busy_before:.2f} cores",
        "- Again: `bench/compare`, see [bench/README.md](../bench/README.md)",
        "",
        "## Rates",
        *rows(found),
        "",
        "Bounds are one core's, without HTTP. Logins hash with argon2id, 19,456 KiB, 2 passes, 1 lane, except the guide's app.",
        "",
        "## Ratios against the goals",
        *goal_rows(found),
        "",
        *log_in_account(found),
        "",
        "## The parts by themselves",
        "As `cargo bench` measures them, on the serving core.",
        "",
        *part_rows(found),
        "",
        f"## Logins at three times what can be hashed, for {found.overload_seconds} s",
        *overload_rows(found),
        "",
        "## Memory and start",
        "Resident memory of all processes of a server; the peers are started on the database that an earlier start made.",
        "",
        *footprint_rows(found),
        "",
        *footprint_goal_rows(found),
        "",
        "## Throughput and p99 against connections",
        f"![requests a second and p99 against connections]({args.plot.name})",
        "",
    ]
    return "\n".join(parts)
