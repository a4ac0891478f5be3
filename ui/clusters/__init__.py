"""What the page Clusters needs beside its script."""
