"""The lesson bar and the teacher's link."""
