/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding what a sync does about each version. */
#include "lib/store/plan.h"

#include "lib/limits.h"

#include <string.h>

struct plan
plan_offered(
    const struct plan_stored *stored, const struct plan_offered *offered)
{
	const bool was_usable = stored->document != 0 && !stored->deleted;
	struct plan plan = { PLAN_KEEP, !offered->deleted - was_usable };

	if (stored->document == 0) {
		plan.action = PLAN_INSERT;
	} else if (!stored->removed &&
		   (offered->same || memcmp(stored->digest, offered->digest,
					 sizeof stored->digest) == 0)) {
		plan.action = stored->moved ? PLAN_MOVE : PLAN_KEEP;
		plan.usable = 0;
	} else if (offered->deleted && !offered->has_description) {
		plan.action = PLAN_UPDATE_VERSION;
	} else {
		plan.action = PLAN_UPDATE;
	}
	return plan;
}

static enum plan_fate
fate_of(const struct plan_missing *v, bool newest_stays, int64_t newest)
{
	if (v->rejected ||
	    (newest_stays && (newest == PLAN_ALL || v->row == newest)))
		return PLAN_STAYS;
	return v->deleted ? PLAN_RETIRED : PLAN_REMOVED;
}

void
plan_missing(
    struct plan_missing *versions, size_t count, const struct plan_entry *entry)
{
	bool newest_stays = entry->rejected && !entry->offered;

	for (size_t i = 0; i < count; i++)
		newest_stays = newest_stays && !versions[i].rejected;
	for (size_t i = 0; i < count; i++)
		versions[i].fate =
		    fate_of(&versions[i], newest_stays, entry->newest);
}

bool
plan_is_loss(int64_t before, int64_t after)
{
	return before >= LIMIT_SHRINK_FROM && 2 * after < before;
}
