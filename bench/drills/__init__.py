"""One file per drill (`revocation` has four more), and shared modules: `cluster`, `load`, `logins`, `report`, `program`."""
