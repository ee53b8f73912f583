/* SPDX-License-Identifier: Apache-2.0 */
/* Names of keys: finding them, and reporting unknown and duplicate ones. */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_KEY 48

const struct conf_key *
conf_key_find(const struct conf_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++) {
		if (strcasecmp(keys->name, name) == 0 ||
		    strcmp(keys->name, "*") == 0)
			return keys;
	}
	return NULL;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Counts changed, added, missing and swapped letters, ignoring case. */
size_t
conf_key_distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_KEY + 1];
	size_t *two_up = rows[0], *up = rows[1], *row = rows[2], *spare;
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > LONGEST_KEY || b_len > LONGEST_KEY)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		up[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		int x = tolower((unsigned char)a[i - 1]);

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			int y = tolower((unsigned char)b[j - 1]);

			row[j] = smaller(smaller(up[j], row[j - 1]) + 1,
			    up[j - 1] + (x != y));
			if (i > 1 && j > 1 &&
			    x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = smaller(row[j], two_up[j - 2] + 1);
		}
		spare = two_up;
		two_up = up;
		up = row;
		row = spare;
	}
	return up[b_len];
}

/*
 * The known key most similar to ${name}, else a key with this name in an inner
 * block ("git.branch"); NULL if there is none.  The caller frees it.
 */
static char *
nearest_key(const struct conf_key *keys, const char *name)
{
	const struct conf_key *best = NULL;
	size_t len = strlen(name);
	/* One typing error is allowed in a short word, three in a long one. */
	size_t best_distance = (len < 4 ? 1 : len < 9 ? 2 : 3) + 1;

	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		size_t distance = conf_key_distance(name, k->name);

		if (distance < best_distance && k->type != CONF_ANY) {
			best = k;
			best_distance = distance;
		}
	}
	if (best != NULL)
		return xstrdup(best->name);
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (k->type != CONF_BLOCK && k->type != CONF_KIND)
			continue;
		best = conf_key_find(k->keys, name);
		if (best != NULL && *best->name != '*')
			return xasprintf("%s.%s", k->name, best->name);
	}
	return NULL;
}

static void
warn_unknown(const struct conf_at *at, const struct yaml_tree_member *m,
    const struct conf_key *keys)
{
	char shown[CONF_SHOWN_SIZE];
	char *nearest = NULL;

	/* Keys "x-..." at the top may hold anchors. */
	if (strncasecmp(m->key, "x-", 2) == 0 && at->parent == NULL)
		return;
	if (at->reader->left_out == 0)
		nearest = nearest_key(keys, m->key);
	conf_show(shown, m->key);
	if (nearest != NULL)
		conf_message_add(at, false, NULL, m->line,
		    "unknown key '%s' is ignored; did you mean '%s'?", shown,
		    nearest);
	else
		conf_message_add(at, false, NULL, m->line,
		    "unknown key '%s' is ignored", shown);
	free(nearest);
}

void
conf_names_check(const struct conf_at *at, const struct conf_key *keys)
{
	if (at->node == NULL)
		return;
	for (size_t i = 0; i < at->node->count; i++) {
		const struct yaml_tree_member *m = &at->node->members[i];
		const struct yaml_tree_member *first =
		    yaml_tree_find(at->node, m->key);
		const struct conf_key *k = conf_key_find(keys, m->key);

		if (k == NULL)
			warn_unknown(at, m, keys);
		else if (first != m)
			conf_message_add(at, true, k->name, m->line,
			    "duplicate key (keys are case-insensitive): found "
			    "'%s' and, on line %d, '%s'",
			    m->key, first->line, first->key);
	}
}
