/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the blocks auth and trigger. */
#include "sync/conf/conf_private.h"

#include <string.h>

/* It is an error to configure protection that is not enforced. */
static void
check_oauth(const struct conf_at *at)
{
	if (at->reader->claims_ignored)
		conf_warn(at, "mode",
		    "authentication is not enforced by this version: restrict "
		    "access in the web server in front");
	else
		conf_error(at, "mode",
		    "authentication is not enforced by this version: every client "
		    "could read everything; restrict access in the web "
		    "server in front, and write 'auth.mode: anonymous' or, to "
		    "keep this block, 'auth.claims: ignored'");
}

void
conf_check_auth(const struct conf_at *at, void *conf)
{
	const char *mode = conf_text(at, "mode");
	const char *claims = conf_text(at, "claims");
	char shown[CONF_SHOWN_SIZE];

	(void)conf;
	at->reader->claims_ignored =
	    claims != NULL && strcmp(claims, "ignored") == 0;
	/* An empty block counts as absent, in the reference too. */
	if (at->node == NULL || at->node->count == 0 ||
	    (mode == NULL && conf_present(at, "mode")))
		return;
	if (mode != NULL && strcmp(mode, "oauth") == 0) {
		check_oauth(at);
	} else if (mode == NULL || strcmp(mode, "anonymous") != 0) {
		conf_error(at, "mode",
		    "invalid auth configuration: invalid auth.mode: %s (must "
		    "be 'anonymous' or 'oauth')",
		    conf_show(shown, mode == NULL ? "" : mode));
		return;
	}
	if (claims != NULL && !at->reader->claims_ignored)
		conf_error(at, "claims",
		    "auth.claims must be 'ignored', found '%s': this version "
		    "does not enforce claims",
		    conf_show(shown, claims));
}

void
conf_check_trigger(const struct conf_at *at, void *conf)
{
	const struct conf *c = conf;
	const char *file = c->trigger_token_file;
	char shown[CONF_SHOWN_SIZE];

	if (file != NULL && *file != '/')
		conf_error(at, "tokenFile",
		    "trigger.tokenFile must be an absolute path, found '%s'",
		    conf_show(shown, file));
	if (c->trigger_access == TRIGGER_TOKEN && file == NULL)
		conf_error(at, "tokenFile",
		    "trigger.tokenFile is required when trigger.access is "
		    "'token'");
	if (c->trigger_access != TRIGGER_TOKEN && file != NULL)
		conf_warn(at, "tokenFile",
		    "trigger.tokenFile is not used: trigger.access is not "
		    "'token'");
}
