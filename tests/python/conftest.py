# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share: a street office with a clock that is set by hand."""
from __future__ import annotations

import os
import pathlib
import tempfile
from datetime import datetime, timedelta, timezone

import hypothesis
import hypothesis.configuration
import pytest

import libcommunity

# Nothing is left behind in the tree, and a slow machine is no failure.
hypothesis.configuration.set_hypothesis_home_dir(
    os.path.join(tempfile.gettempdir(), "libcommunity-hypothesis"))
hypothesis.settings.register_profile("tree", database=None, deadline=None)
hypothesis.settings.load_profile("tree")

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("COMMUNITY_SOURCE_DIR", HERE.parent.parent))
BUILD = pathlib.Path(os.environ.get("COMMUNITY_BUILD_DIR", SOURCE / "build"))
SHANGHAI = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)


class Clock:
    """A clock that is set by hand and counts how often it was asked."""

    def __init__(self, now=MONDAY):
        self.now = now
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return self.now

    def forward(self, **delta):
        self.now += timedelta(**delta)
        return self.now


def furnish(desk, rulebook):
    """Installs the rulebook and gives p-2 the desk and p-3 the water bureau."""
    desk.install(rulebook)
    for unit in ("street", "water"):
        desk.submit("put-unit", actor="p-1",
                    data={"id": unit, "kind": "office", "title": {"zh": "办公室", "en": unit}})
    desk.submit("grant", actor="p-1", data={"person": "p-2", "role": "operator", "unit": "street"})
    desk.submit("grant", actor="p-1", data={"person": "p-3", "role": "handler", "unit": "water"})


def open_request(desk, external_id=None, actor="p-9", **data):
    data.setdefault("subject", "Street lamp out")
    return desk.submit("open", lifecycle="resident-request", actor=actor, external_id=external_id,
                       data=data)


@pytest.fixture(scope="session")
def rulebook():
    return libcommunity.Rulebook.load(HERE / "street-office.json")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(rulebook, clock):
    with libcommunity.open("memory:", clock=clock) as desk:
        furnish(desk, rulebook)
        yield desk


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.db"


@pytest.fixture
def file_desk(rulebook, clock, path):
    with libcommunity.open(path, create=True, clock=clock, sync="normal") as desk:
        furnish(desk, rulebook)
        yield desk
