"""Measurements, each beside a published figure or a peer from the same run."""
