"""What the app costs, measured: `make bench`, or `python -m benchmarks --help`."""
