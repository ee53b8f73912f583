/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile configurations: alias bombs, deep nesting, random bytes, and a valid
 * file that is truncated or damaged every few bytes.
 */
#include "tests/unit/conf_file.h"

/* Checks that loading fails with ${text} on ${line}. */
static void
check_hostile(const char *yaml, size_t len, int line, const char *text)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	write_file(FILE_NAME, yaml, len);
	CHECK_INT(conf_load(&c, FILE_NAME, &e), -1);
	if (!CHECK(has_message(c, true, line, text)))
		show_messages(c);
	conf_free(c);
}

static void
test_alias_bomb(void)
{
	struct buf yaml = BUF_INIT(LIMIT_CONFIG_FILE);

	buf_adds(&yaml, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 20; i++) {
		buf_addf(&yaml, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_addf(&yaml, "%s*a%d", k == 0 ? "" : ", ", i - 1);
		buf_adds(&yaml, "]\n");
	}
	check_hostile(buf_str(&yaml), yaml.len, 6, "more than 200000 values");
	/* The same with merge keys, and with one long text. */
	buf_reset(&yaml);
	buf_adds(&yaml, "a: &a '");
	for (int i = 0; i < 100000; i++)
		buf_addc(&yaml, 'x');
	buf_adds(&yaml, "'\nb:\n");
	for (int i = 0; i < 100; i++)
		buf_adds(&yaml, "- *a\n");
	check_hostile(buf_str(&yaml), yaml.len, 85,
	    "more than 8388608 bytes, aliases included");
	buf_free(&yaml);
}

static void
test_size_limits(void)
{
	struct buf yaml = BUF_INIT(2 * LIMIT_CONFIG_FILE);

	for (int i = 0; i < 100000; i++)
		buf_addc(&yaml, '[');
	check_hostile(
	    buf_str(&yaml), yaml.len, 1, "nested more than 32 levels");
	buf_reset(&yaml);
	for (int i = 0; i < 10000; i++)
		buf_adds(&yaml, "- ");
	check_hostile(
	    buf_str(&yaml), yaml.len, 1, "nested more than 32 levels");
	buf_reset(&yaml);
	for (int i = 0; i < 10000; i++)
		buf_adds(&yaml, "{a: ");
	check_hostile(
	    buf_str(&yaml), yaml.len, 1, "nested more than 32 levels");
	buf_reset(&yaml);
	for (int i = 0; i < 5000; i++)
		buf_addf(&yaml, "k%d: 1\n", i);
	check_hostile(
	    buf_str(&yaml), yaml.len, 1001, "more than 1000 keys in one map");
	buf_reset(&yaml);
	for (int i = 0; i < 1001; i++)
		buf_addf(&yaml, "- &a%d 1\n", i);
	check_hostile(buf_str(&yaml), yaml.len, 1001, "more than 1000 anchors");
	buf_reset(&yaml);
	buf_adds(&yaml, "sources:\n");
	for (int i = 0; i < 1001; i++)
		buf_addf(&yaml, "- {name: s%d, kubernetes: {}}\n", i);
	buf_adds(&yaml, "registries: {name: r, sources: s1}\n");
	check_hostile(buf_str(&yaml), yaml.len, 1,
	    "found 1001 sources, expected at most 1000");
	buf_free(&yaml);
}

/* Bytes of all kinds: nothing but an error may come of them. */
static void
test_junk(void)
{
	unsigned char junk[512];
	unsigned state = 1;

	for (int round = 0; round < 200; round++) {
		struct conf *c = NULL;
		struct err e = ERR_INIT;

		for (size_t i = 0; i < sizeof junk; i++) {
			state = state * 1103515245u + 12345u;
			junk[i] =
			    (unsigned char)(round < 100
						? state >> 16
						: (unsigned char)"[]{}:-&*!|>'\"%@`,?# \nab0"
						      [(state >> 16) % 24]);
		}
		write_file(FILE_NAME, (const char *)junk, sizeof junk);
		CHECK_INT(conf_load(&c, FILE_NAME, &e), -1);
		CHECK(c != NULL && c->error_count > 0);
		conf_free(c);
	}
}

/* ---- every file that is cut short or has a wrong byte ---- */

static char *
slurp(const char *name, size_t *len)
{
	struct buf text = BUF_INIT(LIMIT_CONFIG_FILE);
	FILE *f = fopen(name, "r");
	int c;

	while (f != NULL && (c = getc(f)) != EOF)
		buf_addc(&text, (char)c);
	if (f != NULL)
		fclose(f);
	*len = text.len;
	return buf_take(&text);
}

static void
test_damaged(const char *yaml, size_t len)
{
	char *copy = xcalloc(1, len + 1);
	size_t loaded = 0, refused = 0;

	for (size_t at = 0; at < len; at += 7) {
		struct conf *c = NULL;
		struct err e = ERR_INIT;

		memcpy(copy, yaml, len);
		copy[at] = "\"{[:*&"[at % 6];
		write_file(FILE_NAME, copy, at % 2 == 0 ? at : len);
		if (conf_load(&c, FILE_NAME, &e) == 0)
			loaded++;
		else
			refused += c != NULL && c->error_count > 0;
		conf_free(c);
	}
	CHECK_INT(loaded + refused, (len + 6) / 7);
	CHECK(refused > loaded);
	free(copy);
}

int
main(void)
{
	char directory[] = "/tmp/test_yaml_tree.XXXXXX";
	char *everything;
	size_t len;

	everything = slurp(FIXTURES "everything.yaml", &len);
	CHECK(len > 1000);
	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		return 1;
	test_alias_bomb();
	test_size_limits();
	test_junk();
	test_damaged(everything, len);
	free(everything);
	unlink(FILE_NAME);
	if (chdir("/") == 0)
		rmdir(directory);
	return t_done();
}
