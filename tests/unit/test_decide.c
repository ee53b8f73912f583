/* SPDX-License-Identifier: Apache-2.0 */
/* lib/store/plan: the decision about each version, offered or not. */
#include "lib/store/plan.h"
#include "tests/t.h"

#include <string.h>

#define NEW 0
#define STORED 7 /* a document */

static void
test_offered(void)
{
	static const struct {
		int line;
		int64_t document;
		bool removed, was_deleted, moved;
		bool differs, is_deleted, has_description, same;
		enum plan_action action;
		int usable;
	} rows[] = {
		{ __LINE__, NEW, 0, 0, 0, 0, 0, 1, 0, PLAN_INSERT, 1 },
		{ __LINE__, NEW, 0, 0, 0, 0, 1, 1, 0, PLAN_INSERT, 0 },
		{ __LINE__, STORED, 0, 0, 0, 0, 0, 1, 0, PLAN_KEEP, 0 },
		{ __LINE__, STORED, 0, 1, 0, 0, 1, 0, 0, PLAN_KEEP, 0 },
		{ __LINE__, STORED, 0, 0, 1, 0, 0, 1, 0, PLAN_MOVE, 0 },
		{ __LINE__, STORED, 0, 0, 1, 1, 0, 1, 1, PLAN_MOVE, 0 },
		{ __LINE__, STORED, 0, 0, 0, 1, 0, 1, 0, PLAN_UPDATE, 0 },
		{ __LINE__, STORED, 0, 1, 0, 1, 0, 1, 0, PLAN_UPDATE, 1 },
		{ __LINE__, STORED, 0, 0, 0, 1, 1, 1, 0, PLAN_UPDATE, -1 },
		{ __LINE__, STORED, 0, 0, 0, 1, 1, 0, 0, PLAN_UPDATE_VERSION,
		    -1 },
		/* A tombstone comes back, even with the same content. */
		{ __LINE__, STORED, 1, 1, 0, 0, 0, 1, 0, PLAN_UPDATE, 1 },
		{ __LINE__, STORED, 1, 1, 0, 0, 1, 0, 0, PLAN_UPDATE_VERSION,
		    0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct plan_stored stored = { .document = rows[i].document,
			.removed = rows[i].removed,
			.deleted = rows[i].was_deleted,
			.moved = rows[i].moved };
		struct plan_offered offered = { .deleted = rows[i].is_deleted,
			.has_description = rows[i].has_description,
			.same = rows[i].same };
		struct plan plan;

		T_AT(rows[i].line);
		offered.digest[DIGEST_RAW_SIZE - 1] = rows[i].differs;
		plan = plan_offered(&stored, &offered);
		CHECK_INT(plan.action, rows[i].action);
		CHECK_INT(plan.usable, rows[i].usable);
	}
	T_AT(0);
}

/* Versions 3, 2 and 1 of an entry, of which 3 is marked as deleted. */
static void
check_missing(const struct plan_entry *entry, int64_t rejected,
    enum plan_fate three, enum plan_fate two, enum plan_fate one)
{
	struct plan_missing v[] = { { .row = 3, .deleted = true }, { .row = 2 },
		{ .row = 1 } };

	for (size_t i = 0; i < 3; i++)
		v[i].rejected = v[i].row == rejected;
	plan_missing(v, 3, entry);
	CHECK_INT(v[0].fate, three);
	CHECK_INT(v[1].fate, two);
	CHECK_INT(v[2].fate, one);
}

static void
test_missing(void)
{
	static const struct plan_entry gone = { .newest = 2 };
	static const struct plan_entry rejected = { .rejected = true,
		.newest = 2 };
	static const struct plan_entry all = { .rejected = true,
		.newest = PLAN_ALL };
	static const struct plan_entry another = {
		.rejected = true, .offered = true, .newest = 2
	};

	check_missing(&gone, 0, PLAN_RETIRED, PLAN_REMOVED, PLAN_REMOVED);
	check_missing(&rejected, 0, PLAN_RETIRED, PLAN_STAYS, PLAN_REMOVED);
	check_missing(&rejected, 1, PLAN_RETIRED, PLAN_REMOVED, PLAN_STAYS);
	check_missing(&rejected, 3, PLAN_STAYS, PLAN_REMOVED, PLAN_REMOVED);
	check_missing(&all, 0, PLAN_STAYS, PLAN_STAYS, PLAN_STAYS);
	check_missing(&all, 1, PLAN_RETIRED, PLAN_REMOVED, PLAN_STAYS);
	check_missing(&another, 0, PLAN_RETIRED, PLAN_REMOVED, PLAN_REMOVED);
	check_missing(&another, 1, PLAN_RETIRED, PLAN_REMOVED, PLAN_STAYS);
}

static void
test_loss(void)
{
	CHECK(plan_is_loss(100, 49));
	CHECK(!plan_is_loss(100, 50));
	CHECK(plan_is_loss(20, 0));
	CHECK(!plan_is_loss(19, 0));
}

int
main(void)
{
	test_offered();
	test_missing();
	test_loss();
	return t_done();
}
