"""What the page Compress needs beside its script."""
