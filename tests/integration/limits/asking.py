"""Requests from several clients."""

from typing import Any

from tests.support.service import Service


def statuses(service: Service, addresses: list[str], **options: Any) -> list[int]:
    return [service.forgot(address, **options).status_code for address in addresses]


def from_client(address: str) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": address}}
