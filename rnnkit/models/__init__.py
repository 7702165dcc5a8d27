"""Networks by the shape of their task."""
