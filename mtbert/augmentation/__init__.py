"""Augmentation: new training rows by replacing words; the only place that imports nlpaug."""
