/* SPDX-License-Identifier: Apache-2.0 */
/* lib/store/last_good: sets in memory. */
#include "lib/limits.h"
#include "lib/store/id_set.h"
#include "lib/store/last_good.h"
#include "tests/t.h"

static void
test_ids(void)
{
	static const int64_t ids[] = { 1, 0, 63, 64, 32767, 32768, 5000000 };
	struct id_set s = { 0 };

	CHECK(!id_set_has(&s, 1));
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		CHECK(id_set_add(&s, ids[i]));
		CHECK(!id_set_add(&s, ids[i]));
		CHECK(id_set_has(&s, ids[i]));
		CHECK(!id_set_has(&s, ids[i] + 10));
	}
	id_set_mark(&s);
	for (int64_t id = 100; id < 1000; id++)
		id_set_add(&s, id);
	CHECK(!id_set_add(&s, 64));
	id_set_undo(&s);
	CHECK(!id_set_has(&s, 100) && !id_set_has(&s, 999));
	CHECK(id_set_has(&s, 64));
	id_set_mark(&s);
	id_set_add(&s, 100);
	id_set_keep(&s);
	id_set_mark(&s);
	id_set_undo(&s);
	CHECK(id_set_has(&s, 100));
	id_set_free(&s);
}

static void
test_names(void)
{
	struct last_good s = { 0 };

	last_good_sort(&s);
	CHECK(!last_good_has(&s, ENTRY_SERVER, "n/a", "1", NULL));
	last_good_add_entry(&s, ENTRY_SERVER, "n/a", "1");
	last_good_add_entry(&s, ENTRY_SKILL, "n/b", NULL);
	last_good_add_file(&s, "f.json");
	for (int i = 0; i < 200; i++)
		last_good_add_entry(&s, ENTRY_PLUGIN, "n/c", "1");
	last_good_sort(&s);
	CHECK(last_good_has(&s, ENTRY_SERVER, "n/a", "1", "g.json"));
	CHECK(!last_good_has(&s, ENTRY_SERVER, "n/a", "2", "g.json"));
	CHECK(!last_good_has(&s, ENTRY_SKILL, "n/a", "1", "g.json"));
	CHECK(last_good_has(&s, ENTRY_SERVER, "n/x", "1", "f.json"));
	/* It is not known which file that was read from. */
	CHECK(last_good_has(&s, ENTRY_SERVER, "n/x", "1", NULL));
	CHECK(last_good_has_name(&s, ENTRY_SKILL, "n/b"));
	CHECK(!last_good_has(&s, ENTRY_SKILL, "n/b", "1", "g.json"));
	last_good_free(&s);
}

static void
test_cut(void)
{
	struct last_good s = { 0 }, earlier;

	last_good_add_entry(&s, ENTRY_SERVER, "n/a", "1");
	earlier = s;
	last_good_add_file(&s, "f.json");
	last_good_undo(&s, &earlier);
	last_good_sort(&s);
	CHECK(last_good_has(&s, ENTRY_SERVER, "n/a", "1", NULL));
	CHECK(!last_good_has(&s, ENTRY_SERVER, "n/x", "1", NULL));
	last_good_free(&s);
}

/* Of what is not remembered everything stays. */
static void
test_overflow(void)
{
	struct last_good s = { 0 };
	char version[16];

	for (int i = 0; i < LIMIT_REJECTED_NAMES / 2; i++) {
		snprintf(version, sizeof version, "%d", i);
		last_good_add_entry(&s, ENTRY_SERVER, "n/a", version);
	}
	last_good_sort(&s);
	CHECK(!last_good_has_name(&s, ENTRY_SERVER, "n/x"));
	last_good_add_file(&s, "f.json");
	CHECK(last_good_has_name(&s, ENTRY_SERVER, "n/x"));
	last_good_free(&s);
}

int
main(void)
{
	test_ids();
	test_names();
	test_cut();
	test_overflow();
	return t_done();
}
