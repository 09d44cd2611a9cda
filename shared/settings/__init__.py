"""The settings: how they are read from the environment and checked."""
