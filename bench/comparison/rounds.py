"""Interleaved rounds: every target in turn, again and again, so that what disturbs one disturbs all."""

from statistics import median


class Target:
    """Something whose rate is measured. `run(seconds)` returns figures with `rate`, and perhaps `p99_ms` and `bad`."""

    def __init__(self, name, text, run):
        self.name, self.text, self.run, self.figures = name, text, run, []

    @property
    def rates(self):
        return [figures["rate"] for figures in self.figures]

    @property
    def rate(self):
        return median(self.rates)

    @property
    def spread(self):
        """From the slowest round to the fastest."""
        return min(self.rates), max(self.rates)

    @property
    def p99_ms(self):
        found = [figures["p99_ms"] for figures in self.figures if "p99_ms" in figures]
        return median(found) if found else None

    @property
    def bad(self):
        return sum(figures.get("bad", 0) for figures in self.figures)


def run_rounds(targets, rounds, seconds, report):
    for number in range(rounds):
        for target in targets:
            target.figures.append(target.run(seconds))
        shown = "  ".join(f"{target.name} {target.rates[-1]:,.0f}" for target in targets)
        report.progress(f"round {number + 1} of {rounds}: {shown}")


def ratio(figures, references):
    """The median of the rounds' ratios: pairs of one round were disturbed alike."""
    return median(one / other for one, other in zip(figures, references) if other)
