"""The OpenAPI document, the problems, and what the models of several endpoints share."""
