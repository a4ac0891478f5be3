"""Lessons: the box with a lesson's task, and the dialog in which a teacher makes a link."""
