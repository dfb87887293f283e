#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Envoy asks verify, configured as docs/behind-envoy.md shows it: a stand-in, as Debian has no package of it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e"))
from behind import *  # noqa: E402,F403
import standins  # noqa: E402

with World() as world:
    place = Ground(world)
    text = placed(blocks("docs/behind-envoy.md", "yaml")[0], (SECRET, place.secret), ("8401", place.port),
                  ("3000", place.echo.port))
    proxy = world.keep(standins.Envoy(text))
    Proxy(place, "Envoy", proxy.port, lacks={"come-back"}).check_all()
done()
