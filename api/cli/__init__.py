"""The command line of the API: `flask --app api.app users`."""
