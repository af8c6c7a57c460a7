"""What holds for events whatever the database says."""
