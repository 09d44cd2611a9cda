"""The contenders: apps written the way their libraries' documentation shows, and floors that do the bare minimum."""
