"""docker-compose.yml and Dockerfile name only what exists in the project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from django.core.management import get_commands

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
