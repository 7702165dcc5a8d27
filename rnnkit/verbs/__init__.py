"""What each verb of a command line does, from configuration to files."""
