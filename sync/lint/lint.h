/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `thv-registry-sync lint`: which clients will refuse or mangle an entry, and
 * why; for documents that are not published yet, and for what is stored.
 */
#ifndef SYNC_LINT_LINT_H
#define SYNC_LINT_LINT_H

/*
 * Runs the command; ${argv}[0] is the word lint.  The exit status: 0 nothing
 * of severity error was found, 1 something was, 2 wrong usage, or what was to
 * be looked at cannot be read.
 */
int lint_main(int argc, char **argv);

#endif
