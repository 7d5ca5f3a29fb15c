"""Files and words that are health data: sealed, stored, received, judged. Leaves: no models."""
