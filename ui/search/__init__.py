"""What the page Search needs beside its script."""
