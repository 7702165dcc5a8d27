"""Corpora that rnnkit makes itself: deterministic, offline, in pure Python."""
