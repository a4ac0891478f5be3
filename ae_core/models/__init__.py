"""Networks and codecs; PCA is one of them."""
