"""The demo's output on the terminal."""
