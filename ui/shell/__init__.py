"""The surroundings of every page: navigation, sidebar, share dialog."""
