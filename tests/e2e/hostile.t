#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm, against each shipped way to serve."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import hostile_checks

hostile_checks.run(*(sys.argv[1:] or ("lighttpd", "apache-proxy", "nginx")))
