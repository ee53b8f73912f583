# SPDX-License-Identifier: Apache-2.0
"""Programs that tests need and a plain `make` does not build."""

import os


def out_of_date(build, program):
    """Why `program` of `build` cannot be used and what to do; "" if it can."""
    path = os.path.join(build, program)
    if not os.path.exists(path):
        return f"{path} is not built: run `make test-programs`"
    for archive in "lib.a", "fcgi.a":
        archive = os.path.join(build, archive)
        if os.path.exists(archive) and \
                os.path.getmtime(archive) > os.path.getmtime(path):
            return f"{path} is older than {archive}: run `make test-programs`"
    return ""
