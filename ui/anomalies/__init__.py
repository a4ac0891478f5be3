"""What the page Anomalies needs beside its script."""
