"""Whether this worker takes jobs, and what would keep it from finishing them, for operators."""
