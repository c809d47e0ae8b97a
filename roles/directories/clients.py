"""The client of each system."""

from __future__ import annotations

from collections.abc import Mapping

from roles.directories.client import Access, Client, Patience
from roles.directories.dingtalk import DingTalk
from roles.directories.feishu import Feishu
from roles.directories.shapes import Kind
from roles.directories.wecom import WeCom

CLIENTS: Mapping[Kind, type[Client]] = {Kind.WECOM: WeCom, Kind.DINGTALK: DingTalk, Kind.FEISHU: Feishu}


def client_of(kind: Kind, access: Access, *, patience: Patience = Patience()) -> Client:  # noqa: B008 - frozen
    """Return a client for one reading. Raise DirectoryFault for an address that may not be called."""
    return CLIENTS[kind](access, patience=patience)
