"""Pages and probes of the hub itself."""
