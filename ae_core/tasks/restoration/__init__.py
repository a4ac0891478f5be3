"""Repair photographs at full size by networks small enough to explain."""
