#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped configuration of apache-fcgid, over real HTTP."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import web_checks

web_checks.run("apache-fcgid")
