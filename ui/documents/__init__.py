"""What the page Documents needs beside its script."""
