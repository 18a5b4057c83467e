"""Who receives at which address, whom they ask for names, and where they are spoken to: one JSON file."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """One mailbox provider: the name that it greets with, and the domains that it takes mail for."""

    name: str
    address: str
    exchange: str
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    folder: str
    resolver: str
    control: str
    providers: tuple[Provider, ...]


def read_settings(path: str) -> Settings:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    return Settings(
        folder=document["folder"],
        resolver=document["resolver"],
        control=document["control"],
        providers=tuple(
            Provider(one["name"], one["address"], one["exchange"], tuple(one["domains"]))
            for one in document["providers"]
        ),
    )
