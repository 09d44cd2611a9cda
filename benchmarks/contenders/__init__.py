"""What Latchkey is measured beside, written as its libraries' documentation shows, and the least of each kind."""
