"""One drill a file (`revocation` has its parts in four more), and what they share: `cluster`, `load`, `log_ins`, `report`."""
