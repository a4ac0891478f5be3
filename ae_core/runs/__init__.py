"""A Config's result: the run, its checkpoint, the shipped ones, sweeps, and the store of finished ones."""
