"""Anomalies: what was trained on normal images alone scores how strange others are, beside what one would use instead."""
