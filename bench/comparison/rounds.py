"""Interleaved rounds: every target in turn, repeatedly, so that noise affects all targets alike."""

from statistics import median


class Target:
    """Something to measure. `run(seconds)` returns figures with `rate`, and for requests those of `load.drive`."""

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
        found = self.all("p99_ms")
        return median(found) if found else None

    @property
    def user_us(self):
        found = self.all("user_us")
        return median(found) if found else None

    @property
    def system_us(self):
        found = self.all("system_us")
        return median(found) if found else None

    def all(self, name):
        """That figure in every round; empty if it is not measured."""
        return [figures[name] for figures in self.figures if name in figures]

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
    """The median of the rounds' ratios: both figures of a round saw similar noise."""
    return median(one / other for one, other in zip(figures, references) if other)


def difference(figures, references):
    """The median of the rounds' differences."""
    return median(one - other for one, other in zip(figures, references))
