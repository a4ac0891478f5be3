"""Few labels: what a classifier makes of a handful of labelled images, on codes and on what one would use instead.

The autoencoder saw all training images and no label; each method then gets the classes of the same few of them. Test images
are used for nothing but the error that is reported.
"""
