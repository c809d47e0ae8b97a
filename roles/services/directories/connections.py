"""Connections to directories: made, changed, tried, taken away. The secret goes in and is never shown again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction

from omnichannel.core.outgoing import AddressRefused, target_of
from omnichannel.core.sealing import SealBroken, seal, unseal
from roles.choices import Thing
from roles.directories.client import Access, Patience
from roles.directories.clients import client_of
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Kind
from roles.directory_choices import UNDER_WAY
from roles.directory_errors import DirectoryRefused, ReadingUnderWay, SystemConnected, UnknownMember
from roles.models import DirectoryConnection, DirectoryRun, Person, SourceId
from roles.services.source_ids import remember

# A person waits: once, and not for long.
QUICK = Patience(pauses=(), timeout=8.0)


@dataclass(frozen=True, slots=True)
class ConnectionInput:
    """What a person says of a connection; an empty secret keeps the stored one."""

    base_url: str
    account: str
    secret: str = field(default="", repr=False)
    root: str = ""
    under: str = ""
    since: date | None = None
    daily: bool = False


def connect(kind: str, said: ConnectionInput, *, actor_id: int | None) -> DirectoryConnection:
    """Make the connection to a system; there is one a system."""
    _check_address(said.base_url)
    connection = DirectoryConnection(kind=kind, created_by_id=actor_id)
    _fill(connection, said)
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        if "directory_once_a_system" not in str(error):
            raise
        raise SystemConnected from None
    return connection


def reconnect(connection: DirectoryConnection, said: ConnectionInput) -> None:
    """Change a connection. Another address gets the secret only when it is typed anew: it may be another system."""
    if said.base_url.rstrip("/") != connection.base_url and not said.secret:
        raise DirectoryRefused(DirectoryFault("credentials"))
    _check_address(said.base_url)
    _fill(connection, said)
    connection.save()


def disconnect(connection: DirectoryConnection) -> None:
    """Take a connection away with its log. What it brought stays, and counts as entered here from now on."""
    with transaction.atomic():
        if DirectoryRun.objects.filter(connection=connection, state__in=UNDER_WAY).exists():
            raise ReadingUnderWay
        SourceId.objects.filter(source=connection.kind).delete()
        connection.delete()


def access_to(connection: DirectoryConnection) -> Access:
    """Return what a client needs; DirectoryFault when the secret can no longer be opened."""
    try:
        secret = unseal(connection.sealed_secret)
    except SealBroken:
        raise DirectoryFault("sealed") from None
    return Access(
        connection.base_url, connection.account, secret, connection.root, allow_private=settings.DIRECTORIES_PRIVATE
    )


def try_connection(connection: DirectoryConnection) -> None:
    """Sign in without reading anything; DirectoryRefused says why it does not work."""
    try:
        client_of(Kind(connection.kind), access_to(connection), patience=QUICK).check()
    except DirectoryFault as fault:
        raise DirectoryRefused(fault) from None


def rename_member(kind: str, *, external_id: str, new_id: str) -> None:
    """Note that the system now calls a person of ours by another id, so that they neither leave nor join."""
    if not Person.objects.filter(external_id=external_id).exists():
        raise UnknownMember(external_id)
    remember(kind, Thing.PEOPLE, {new_id: external_id})


def _check_address(base_url: str) -> None:
    try:
        target_of(base_url, allow_private=settings.DIRECTORIES_PRIVATE)
    except AddressRefused as error:
        raise DirectoryRefused(DirectoryFault("address", number=error.code, said=error.address)) from None


def _fill(connection: DirectoryConnection, said: ConnectionInput) -> None:
    connection.base_url = said.base_url.rstrip("/")
    connection.account = said.account.strip()
    connection.root, connection.under = said.root.strip(), said.under.strip()
    connection.since, connection.daily = said.since, said.daily
    if said.secret:
        connection.sealed_secret = seal(said.secret.strip())
