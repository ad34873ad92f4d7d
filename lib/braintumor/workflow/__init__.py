"""The notebooks as a graph: what each depends on, how it is executed and kept."""
