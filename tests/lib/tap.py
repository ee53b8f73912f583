# SPDX-License-Identifier: Apache-2.0
"""Printing TAP: ok(), equal() and so on, then `sys.exit(done())`."""

import sys
import traceback

count = 0
failed = 0


def ok(condition, name):
    """One check."""
    global count, failed
    count += 1
    failed += not condition
    print(f"{'' if condition else 'not '}ok {count} - {name}", flush=True)
    return bool(condition)


def equal(got, want, name):
    """One check that shows both sides when it fails."""
    if not ok(got == want, name):
        for word, value in ("got ", got), ("want", want):
            print(f"#   {word} {str(value)[:1500]!r}", flush=True)
    return got == want


def contains(text, part, name):
    """One check that `part` is somewhere in `text`."""
    if not ok(part in text, name):
        print(f"#   {part!r} is not in {str(text)[:1500]!r}", flush=True)
    return part in text


def skip(why):
    """A check that cannot be made here; the runner prints why."""
    global count
    count += 1
    print(f"ok {count} # SKIP {why}", flush=True)


def run(tests):
    """Calls each test; one that raises is one failed check."""
    for test in tests:
        print(f"# {test.__name__}", flush=True)
        try:
            test()
        except Exception:
            ok(False, f"{test.__name__} ran to its end")
            for line in traceback.format_exc().splitlines():
                print(f"#   {line}", flush=True)


def done():
    """Ends the output; the exit status."""
    print(f"1..{count}", flush=True)
    return 1 if failed or not count else 0


def main(tests):
    """Runs the tests and leaves."""
    run(tests)
    sys.exit(done())
