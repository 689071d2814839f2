"""One drill a file, and what they share: `cluster`, `load`, `log_ins`, `report`."""
