"""What one visitor has: the run shelf, the address bar, their jobs; and what all visitors share."""
