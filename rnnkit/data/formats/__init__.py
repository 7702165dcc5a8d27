"""Readers of file formats: each turns a file (for `folders` a folder) into a stream of examples."""
