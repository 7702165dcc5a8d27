"""What runs under another interpreter."""
