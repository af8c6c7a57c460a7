"""Pure rules of the pool: no I/O, no clock."""
