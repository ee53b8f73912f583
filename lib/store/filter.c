/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of a source, and their text.
 *
 * The order of patterns does not matter.  So the two common forms, plain names
 * and "abc*", are searched in sorted lists, without pattern matching.
 */
#include "lib/store/filter.h"

#include "lib/json_out.h"
#include "lib/store/glob.h"
#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A list of patterns, divided by form; the texts are sorted. */
struct patterns {
	bool given; /* the list is not empty */
	struct filter_list exact;
	struct filter_list prefixes; /* none is the beginning of another */
	struct glob **globs; /* owned */
	size_t glob_count;
};

struct filter {
	struct patterns include;
	struct patterns exclude;
	struct filter_list tags_include; /* sorted */
	struct filter_list tags_exclude; /* sorted */
};

void
filter_list_free(struct filter_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct filter_list){ NULL, 0 };
}

void
filter_spec_free(struct filter_spec *spec)
{
	if (spec == NULL)
		return;
	filter_list_free(&spec->names_include);
	filter_list_free(&spec->names_exclude);
	filter_list_free(&spec->tags_include);
	filter_list_free(&spec->tags_exclude);
}

/* ---- the text ---- */

static void
add_list(struct json_out *j, const char *key, const struct filter_list *list)
{
	if (list->count == 0)
		return;
	json_out_key(j, key);
	json_out_open(j, '[');
	for (size_t i = 0; i < list->count; i++)
		json_out_str(j, list->items[i]);
	json_out_close(j, ']');
}

static void
add_lists(struct json_out *j, const char *key,
    const struct filter_list *include, const struct filter_list *exclude)
{
	if (include->count == 0 && exclude->count == 0)
		return;
	json_out_key(j, key);
	json_out_open(j, '{');
	add_list(j, "include", include);
	add_list(j, "exclude", exclude);
	json_out_close(j, '}');
}

char *
filter_spec_json(const struct filter_spec *spec)
{
	/* At most six times a specification that is in memory already. */
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	struct json_out j = JSON_OUT_INIT(&text);

	if (!spec->present)
		return xstrdup("null");
	json_out_open(&j, '{');
	add_lists(&j, "names", &spec->names_include, &spec->names_exclude);
	add_lists(&j, "tags", &spec->tags_include, &spec->tags_exclude);
	json_out_close(&j, '}');
	return buf_take(&text);
}

/* ---- compiling ---- */

static int
compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort(struct filter_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof *list->items,
		    compare_items);
}

static void
copy_sorted(struct filter_list *copy, const struct filter_list *list)
{
	copy->items = xcalloc(list->count, sizeof *copy->items);
	for (size_t i = 0; i < list->count; i++)
		copy->items[copy->count++] = xstrdup(list->items[i]);
	sort(copy);
}

static bool
starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Drops prefixes that start with a shorter one, which sorts just before. */
static void
drop_longer_prefixes(struct filter_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 &&
		    starts_with(list->items[i], list->items[kept - 1]))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static int
add_pattern(struct patterns *p, const char *pattern, struct err *e)
{
	size_t plain = strcspn(pattern, "*?[{\\");
	struct glob *g;

	if (glob_new(&g, pattern, e) == -1)
		return -1;
	if (pattern[plain] == '\0') {
		p->exact.items[p->exact.count++] = xstrdup(pattern);
	} else if (pattern[plain + strspn(pattern + plain, "*")] == '\0') {
		p->prefixes.items[p->prefixes.count++] =
		    xstrndup(pattern, plain);
	} else {
		p->globs[p->glob_count++] = g;
		g = NULL;
	}
	glob_free(g);
	return 0;
}

static int
compile(struct patterns *p, const struct filter_list *list, const char *key,
    struct err *e)
{
	p->given = list->count > 0;
	p->exact.items = xcalloc(list->count, sizeof *p->exact.items);
	p->prefixes.items = xcalloc(list->count, sizeof *p->prefixes.items);
	p->globs = xcalloc(list->count, sizeof *p->globs);
	for (size_t i = 0; i < list->count; i++) {
		if (add_pattern(p, list->items[i], e) == -1) {
			err_wrap(e, "names.%s[%zu]", key, i);
			return -1;
		}
	}
	sort(&p->exact);
	sort(&p->prefixes);
	drop_longer_prefixes(&p->prefixes);
	return 0;
}

static void
free_patterns(struct patterns *p)
{
	filter_list_free(&p->exact);
	filter_list_free(&p->prefixes);
	for (size_t i = 0; i < p->glob_count; i++)
		glob_free(p->globs[i]);
	free(p->globs);
}

int
filter_new(struct filter **out, const struct filter_spec *spec, struct err *e)
{
	struct filter *f = xcalloc(1, sizeof *f);
	int rc = -1;

	if (compile(&f->include, &spec->names_include, "include", e) == -1 ||
	    compile(&f->exclude, &spec->names_exclude, "exclude", e) == -1)
		goto out;
	copy_sorted(&f->tags_include, &spec->tags_include);
	copy_sorted(&f->tags_exclude, &spec->tags_exclude);
	*out = f;
	f = NULL;
	rc = 0;
out:
	filter_free(f);
	return rc;
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	free_patterns(&f->include);
	free_patterns(&f->exclude);
	filter_list_free(&f->tags_include);
	filter_list_free(&f->tags_exclude);
	free(f);
}

/* ---- deciding ---- */

static bool
has_item(const struct filter_list *sorted, const char *text)
{
	return sorted->count > 0 &&
	       bsearch(&text, sorted->items, sorted->count,
		   sizeof *sorted->items, compare_items) != NULL;
}

/*
 * As no prefix in the list begins with another, only the last one that sorts
 * up to ${name} can be the beginning of ${name}.
 */
static bool
has_prefix_of(const struct filter_list *sorted, const char *name)
{
	size_t low = 0, high = sorted->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(sorted->items[middle], name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && starts_with(name, sorted->items[low - 1]);
}

static bool
matches(const struct patterns *p, const char *name)
{
	if (has_item(&p->exact, name) || has_prefix_of(&p->prefixes, name))
		return true;
	for (size_t i = 0; i < p->glob_count; i++)
		if (glob_match(p->globs[i], name))
			return true;
	return false;
}

static bool
has_any(const struct filter_list *sorted, const char *const *tags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_item(sorted, tags[i]))
			return true;
	return false;
}

bool
filter_keeps(const struct filter *f, enum entry_kind kind, const char *name,
    const char *const *tags, size_t tag_count)
{
	if (matches(&f->exclude, name))
		return false;
	if (f->include.given && !matches(&f->include, name))
		return false;
	if (kind != ENTRY_SERVER)
		return true;
	if (has_any(&f->tags_exclude, tags, tag_count))
		return false;
	return f->tags_include.count == 0 ||
	       has_any(&f->tags_include, tags, tag_count);
}
