"""What the page "Can it be read?" needs beside its script."""
