"""The parts of the Train page: settings, the run while it trains and after, and single training steps."""
