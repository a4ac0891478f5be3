"""What the page Few labels needs: the images labelled by hand, and the curve of error against the number of labels."""
