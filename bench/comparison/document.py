"""docs/benchmarks.md: the measurements."""

import datetime
from statistics import median

from .memory import IDLE_GOAL, LOADED_GOAL, MANY_CONNECTIONS
from .rounds import difference, ratio
from .targets import CPU_GOALS


def figure(number):
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def rows(found):
    """The table of rates and processor time."""
    lines = [
        "| target | requests/s, median | slowest to fastest round | p99, ms | user, µs/request | system, µs/request | failed |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for target in found.targets:
        low, high = target.spread
        lines.append(
            f"| {target.text} | {figure(target.rate)} | {figure(low)} to {figure(high)} | {figure(target.p99_ms)} "
            f"| {figure(target.user_us)} | {figure(target.system_us)} | {target.bad} |"
        )
    return lines


def goal_rows(found):
    """The project's goals for rates, each with the measured ratio."""
    lines = ["| ratio | measured | goal | |", "| --- | --- | --- | --- |"]
    for text, one, other, goal in found.goals:
        measured = ratio(found.target(one).rates, found.target(other).rates)
        lines.append(goal_row(text, f"{measured:.3g}", f"at least {goal:g}", measured >= goal))
    return lines


def cpu_rows(found):
    """What protection costs in user time per request, with the goals."""
    lines = ["| user time per request | median, µs | lowest to highest round | goal | |", "| --- | --- | --- | --- | --- |"]
    for text, one, other, goal in CPU_GOALS:
        figures, references = found.target(one).all("user_us"), found.target(other).all("user_us")
        differences = [mine - its for mine, its in zip(figures, references)]
        measured = difference(figures, references)
        spread = f"{min(differences):.2f} to {max(differences):.2f}"
        lines.append(goal_row(text, f"{measured:.2f} | {spread}", f"at most {goal:g}", measured <= goal))
    return lines


def login_breakdown(found):
    """Where the processor time of a login goes: by the ratio to the hashes of the same round, as above."""
    whole, signing = (1000 / found.target(name).rate for name in ("login", "signatures"))
    hashing = whole * ratio(found.target("login").rates, found.target("hashes").rates)
    return [
        f"A login takes {whole:.2f} ms of the core: {hashing:.2f} ms for a bare hash, {signing:.2f} ms for a bare signature, and",
        f"{whole - hashing - signing:.2f} ms for HTTP, the database with its commit, and slower hashing due to contention. With only the hash",
        f"and the signature, the ratio would be {hashing / (hashing + signing):.3g}.",
    ]


def part_rows(found):
    """The time of each component, and the components with a goal."""
    lines = ["| component | microseconds, median | fastest to slowest round |", "| --- | --- | --- |"]
    for part in found.parts.values():
        low, high = min(part.micros), max(part.micros)
        lines.append(f"| {part.text} | {median(part.micros):.3g} | {low:.3g} to {high:.3g} |")
    return [*lines, "", *part_goal_rows(found.parts)]


def part_goal_rows(parts):
    lines = ["| | measured | goal | |", "| --- | --- | --- | --- |"]
    for text, one, other, goal in (
        ("a token verified for the first time, against one bare verification", "token_never_seen", "bare_rsa_verification", 1.25),
        ("a token created and signed, against one bare signature", "access_token_signed", "bare_rsa_signature", 1.15),
    ):
        measured = ratio(parts[one].micros, parts[other].micros)
        lines.append(goal_row(text, f"{measured:.3g}", f"at most {goal:g}", measured <= goal))
    cached = median(parts["cached_token_with_a_status"].micros)
    text = "a cached token with its status, in microseconds"
    lines.append(goal_row(text, f"{cached:.3g}", "below 0.5", cached < 0.5))
    return lines


def goal_row(text, measured, goal, is_reached):
    return f"| {text} | {measured} | {goal} | {'reached' if is_reached else '**missed**'} |"


def footprint_goal_rows(found):
    """The limits of resource-service."""
    replica, tokens, held = found.footprints["resource-service"], found.distinct_tokens, found.distinct_held
    return [
        "| resource-service | measured | goal | |",
        "| --- | --- | --- | --- |",
        goal_row("resident when idle", f"{replica['idle']:.1f} MiB", f"below {IDLE_GOAL} MiB", replica["idle"] < IDLE_GOAL),
        goal_row(
            f"peak, with 10,000 tokens over {MANY_CONNECTIONS} connections",
            f"{found.with_many_tokens:.1f} MiB", f"below {LOADED_GOAL} MiB", found.with_many_tokens < LOADED_GOAL,
        ),
        goal_row(
            f"peak, after {tokens:,} different valid tokens, {held:,} of them cached",
            f"{found.with_distinct_tokens:.1f} MiB", f"below {LOADED_GOAL} MiB", found.with_distinct_tokens < LOADED_GOAL,
        ),
        goal_row("from start to ready", f"{replica['start'] * 1000:.0f} ms", "below 150 ms", replica["start"] < 0.15),
    ]


def footprint_rows(found):
    lines = ["| process | idle, MiB | after load, MiB | start to first response, s |", "| --- | --- | --- | --- |"]
    for name, row in found.footprints.items():
        lines.append(f"| {name} | {row['idle']:.1f} | {row['after']:.1f} | {row['start']:.2f} |")
    return lines


def overload_rows(found):
    crowd = found.overload
    growth = crowd["memory_most"] - found.hash_memory_mib
    return [
        "| | |",
        "| --- | --- |",
        f"| offered, logins/s | {crowd['offered']:.0f} |",
        f"| admitted, per second; p50, p99 | {crowd['admitted']:.0f}; {crowd['admitted_p50']:.0f} ms, {crowd['admitted_p99']:.0f} ms (goal: p99 below 2,000 ms) |",
        f"| rejected with 503, per second; p50, p99 | {crowd['rejected']:.0f}; {crowd['rejected_p50']:.1f} ms, {crowd['rejected_p99']:.1f} ms |",
        f"| lost, or other responses | {crowd['other']} |",
        f"| `/refresh` at the same time: p99; failed | {crowd['refresh_p99']:.1f} ms (goal: below 50 ms); {crowd['refresh_failed']} |",
        f"| JWKS at the same time: p99 | {crowd['jwks_p99']:.1f} ms (goal: below 50 ms) |",
        f"| health at the same time: p99 | {crowd['health_p99']:.1f} ms |",
        f"| memory before; peak | {crowd['memory_before']:.1f} MiB; {crowd['memory_most']:.1f} MiB |",
        f"| peak, without the pool's {found.hash_memory_mib:.0f} MiB | {growth:.1f} MiB (goal: below 40 MiB) |",
    ]


def document(found, args):
    """The page."""
    today = datetime.date.today().isoformat()
    form = "the quick form (`--quick`): too few and too short rounds to rely on" if args.quick else "the full form"
    parts = [
        "# Benchmarks",
        "",
        "Generated by `bench/compare`; do not edit. The servers run on one core with one worker each, wrk on another. Every target",
        f"is measured in each of {found.rounds} rounds of {found.seconds} s, one after another, with {found.connections} connections",
        f"(logins: {found.login_connections}). Ratios and differences are taken within a round, since rates vary with the machine's load.",
        "Rates also depend on the load generator's core; processor time per request (from `/proc/<pid>/stat`) does not.",
        "",
        f"- Machine: {found.machine}; {found.versions}",
        f"- Date: {today}, {form}; cores busy with other work before the run: {found.busy_before:.2f}",
        "- To reproduce: `bench/compare`, see [bench/README.md](../bench/README.md)",
        "",
        "## Rates",
        *rows(found),
        "",
        "Bounds are for one core, without HTTP. Logins use argon2id with 19,456 KiB, 2 passes, 1 lane, except the tutorial's app.",
        "",
        "## Ratios and goals",
        *goal_rows(found),
        "",
        *login_breakdown(found),
        "",
        "## The cost of protection",
        *cpu_rows(found),
        "",
        "## Components",
        "Measured by `cargo bench` on the servers' core.",
        "",
        *part_rows(found),
        "",
        f"## Overload: three times the logins that can be hashed, for {found.overload_seconds} s",
        *overload_rows(found),
        "",
        "## Memory and startup",
        "Resident memory of all processes of a server. Every server had been started once before, with the same database.",
        "",
        *footprint_rows(found),
        "",
        *footprint_goal_rows(found),
        "",
        "## Throughput and p99 by number of connections",
        f"![requests/s and p99 by number of connections]({args.plot.name})",
        "",
    ]
    return "\n".join(parts)
