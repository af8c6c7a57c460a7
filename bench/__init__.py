"""Measure the hub beside what people use instead, on this machine, in one run."""
