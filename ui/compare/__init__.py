"""The parts of the Compare page: two runs side by side, and sweeps of one setting."""
