"""Pure rules of routing: no I/O, no clock."""
