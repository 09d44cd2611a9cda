"""The demo behind `make run`: everything Latchkey needs, on one machine, to try it out."""
