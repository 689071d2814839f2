"""The output of drills: progress while they run, and at the end a table of figures and which claims hold."""

import time


class Report:
    """Figures and claims of one drill."""

    def __init__(self, title):
        self.began, self.rows, self.claims = time.monotonic(), [], []
        print(f"== {title}", flush=True)

    def progress(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def figure(self, name, value, unit=""):
        if isinstance(value, float):
            value = f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
        elif isinstance(value, int):
            value = f"{value:,}"
        self.rows.append((name, f"{value} {unit}".strip()))

    def claim(self, text, holds):
        self.claims.append((text, bool(holds)))

    def end(self):
        """Prints everything; returns whether all claims hold."""
        width = max(len(name) for name, _ in self.rows)
        print()
        for name, value in self.rows:
            print(f"  {name:{width}}  {value}")
        print()
        for text, holds in self.claims:
            print(f"  {'holds' if holds else 'FAILS'}  {text}")
        print(flush=True)
        return all(holds for _, holds in self.claims)
