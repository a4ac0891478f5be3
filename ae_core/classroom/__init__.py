"""Lessons as data: what a teacher's link adds to a Config."""
