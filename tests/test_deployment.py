"""docker-compose.yml and Dockerfile name only what exists in the project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from django.core.management import get_commands

from omnichannel.services.postgres import Postgres

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_the_services_of_the_design_are_there() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "dispatcher", "postgres", "valkey"}
    assert set(OURS) == {"migrate", "web", "worker", "dispatcher"}


def test_every_variable_of_our_services_is_read_by_the_settings() -> None:
    settings = (ROOT / "omnichannel" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'environ(?:\.get)?[\[(]"([A-Z_]+)"', settings))
    for name, service in OURS.items():
        assert set(service["environment"]) <= read, name


def test_every_command_exists() -> None:
    commands = set(get_commands())
    for name, service in OURS.items():
        command = service.get("command", [])
        if command[:2] == ["python", "manage.py"]:
            assert command[2] in commands, name
        elif command:
            assert command[:3] == ["celery", "-A", "omnichannel.celery"], name
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "omnichannel.wsgi" in dockerfile
    for source in re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE):
        assert all((ROOT / part).exists() for part in source.split()), source


def test_every_dependency_volume_and_health_check_is_declared() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed], needed
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"]), name
    assert all("healthcheck" in service for name, service in SERVICES.items() if name != "migrate")


def test_our_processes_run_as_a_plain_user() -> None:
    assert re.search(r"^USER omnichannel$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert all(service["user"].split(":")[0] not in {"0", "root"} for service in OURS.values())


@pytest.fixture
def new_server() -> Iterator[tuple[str, psycopg2.extensions.cursor]]:
    """A PostgreSQL server without the application's role: the owner's URL, and a superuser's cursor."""
    server = Postgres(None, durable=False)
    url = server.start()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("drop role omnichannel_app")
        yield url, cursor
    connection.close()
    server.stop()


def migrate(url: str) -> subprocess.CompletedProcess[str]:
    """Run `migrate` and then the database checks against a server, as production does."""
    env = {**os.environ, "DATABASE_URL": url}
    for command in (["migrate", "--verbosity=0"], ["check", "--database", "default"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            break
    return done


def test_a_new_server_is_migrated_by_its_superuser(new_server: tuple[str, Any]) -> None:
    url, _cursor = new_server
    assert migrate(url).returncode == 0
    assert migrate(url).returncode == 0


def test_a_plain_owner_is_told_what_a_dba_must_run_and_then_migrates(new_server: tuple[str, Any]) -> None:
    url, cursor = new_server
    cursor.execute("create role plain login")
    cursor.execute("create database shop owner plain")
    plain = url.replace("omnichannel_owner@", "plain@").rsplit("/", 1)[0] + "/shop"
    refused = migrate(plain)
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
    told = re.findall(r"^  (create role .+|grant .+);$", refused.stderr, re.MULTILINE)
    assert [statement.split()[0] for statement in told] == ["create", "grant"]
    for statement in told:
        cursor.execute(statement)
    assert migrate(plain).returncode == 0
