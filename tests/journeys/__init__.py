"""What people do, from the first push to the last trace of their contact data, told through HTTP alone."""
