"""Taking jobs from the queue, and completing, retrying or burying them."""
