"""What the command lines of the API and of the worker share."""
