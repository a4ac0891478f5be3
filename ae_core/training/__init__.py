"""Objectives, a step, the loop, pretraining, a traced step, and what training costs."""
