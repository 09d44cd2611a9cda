"""Tests of the image, docker-compose.yml and the configuration of the proxy."""
