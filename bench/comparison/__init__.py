"""The parts of `bench/compare`: `targets` defines what is measured, `rounds` how; `document` and `plot` are the output."""
