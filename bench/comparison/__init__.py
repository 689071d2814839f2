"""What `bench/compare` is made of: `targets` says what is measured, `rounds` how, `document` and `plot` write it down."""
