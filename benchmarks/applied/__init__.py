"""The rows of :mod:`benchmarks.apply`, a module for each application."""
