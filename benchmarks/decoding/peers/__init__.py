"""Programs for other interpreters."""
