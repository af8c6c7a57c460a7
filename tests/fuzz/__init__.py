"""Fuzz targets: hostile input for longer than the suite may take."""
