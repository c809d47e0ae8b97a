"""pytest plugin: private embedded services for the run, before Django's settings are read. xdist workers share them."""

from __future__ import annotations

import os
from contextlib import ExitStack

from omnichannel.services.messages import compile_messages
from omnichannel.services.session import services

if "PYTEST_XDIST_WORKER" not in os.environ:
    compile_messages()
    _stack = ExitStack()
    _stack.enter_context(services(data=None, durable=False))


def pytest_unconfigure() -> None:
    """Stop what was started."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _stack.close()
