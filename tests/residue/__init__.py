"""Looks for what is left of contact data, in every place and every form, and proves that it would find it."""
