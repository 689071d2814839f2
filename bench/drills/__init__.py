"""One drill a file (`revocation` has its parts in four more), and what they share: `cluster`, `load`, `logins`, `report`."""
