"""Clusters: images sorted into groups by their codes, their principal components or their pixels, without any label."""
