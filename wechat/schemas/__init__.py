"""What comes in to the gateway from people and systems of the group, family by family."""
