"""How near the driver we are: one file a question, the raw driver in every one. See docs/benchmarks.md."""
