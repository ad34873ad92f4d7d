"""The sweep on a real cluster of one node, proven equal to the one on this machine."""
