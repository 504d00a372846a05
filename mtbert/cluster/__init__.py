"""Runs side by side, on one machine or many: DVC says which, Ray makes them."""
