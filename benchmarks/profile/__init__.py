"""Where the time of a training run goes: `python -m benchmarks.profile APP CONFIG [KEY=VALUE …]`."""
