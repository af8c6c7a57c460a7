"""Kill, stop and starve the hub's real processes; what was acknowledged must have its effect once, in order."""
