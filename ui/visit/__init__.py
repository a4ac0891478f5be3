"""The state of one visit: what is remembered, the run shelf, the link, jobs and pictures."""
