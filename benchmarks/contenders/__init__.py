"""What Latchkey is measured beside. Each is written as its libraries' documentation shows."""
