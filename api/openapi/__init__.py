"""The OpenAPI document, and the models that it is built from."""
