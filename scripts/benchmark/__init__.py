"""What scripts/bench is made of: the network, the ways through it, what is measured, and the report."""
