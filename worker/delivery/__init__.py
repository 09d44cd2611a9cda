"""Two stages: jobs are looked up in batches, and each ends at a moment of its own, with an email or without."""
