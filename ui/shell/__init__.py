"""What stands around every page: navigation, sidebar, share dialog."""
