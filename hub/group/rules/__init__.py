"""Pure rules of the group room."""
