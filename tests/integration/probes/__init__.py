"""Tests of the probes: what they try, what they tell, and that they leave no trace."""
