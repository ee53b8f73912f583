/* SPDX-License-Identifier: Apache-2.0 */
/* Flat JSON objects of this program's own making: checkpoints, journals. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/document/jscan.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
fetch_api_record_add_str(struct json_out *j, const char *key, const char *value)
{
	if (value == NULL)
		return;
	json_out_key(j, key);
	json_out_str(j, value);
}

void
fetch_api_record_add_int(struct json_out *j, const char *key, int64_t n)
{
	json_out_key(j, key);
	json_out_int(j, n);
}

void
fetch_api_record_add_bool(struct json_out *j, const char *key, bool b)
{
	json_out_key(j, key);
	json_out_bool(j, b);
}

static const char *
find(const char *json, size_t len, const char *key, size_t *found_len)
{
	struct jscan_step step = { .key = key, .key_len = strlen(key) };

	return jscan_find(json, len, &step, 1, found_len);
}

char *
fetch_api_record_str(const char *json, size_t len, const char *key)
{
	size_t found_len;
	const char *found = find(json, len, key, &found_len);
	char *copy;

	if (found == NULL || *found != '"')
		return NULL;
	copy = xstrndup(found, found_len);
	memmove(copy, jscan_unquote(copy, &found_len), found_len + 1);
	return copy;
}

void
fetch_api_record_copy(
    char *out, size_t size, const char *json, size_t len, const char *key)
{
	char *text = fetch_api_record_str(json, len, key);

	*out = '\0';
	if (text != NULL && strlen(text) < size)
		memcpy(out, text, strlen(text) + 1);
	free(text);
}

int64_t
fetch_api_record_int(
    const char *json, size_t len, const char *key, int64_t otherwise)
{
	size_t found_len;
	const char *found = find(json, len, key, &found_len);
	char digits[24], *end;
	long long n;

	if (found == NULL || found_len >= sizeof digits)
		return otherwise;
	memcpy(digits, found, found_len);
	digits[found_len] = '\0';
	errno = 0;
	n = strtoll(digits, &end, 10);
	return errno == 0 && end != digits && *end == '\0' ? n : otherwise;
}

bool
fetch_api_record_bool(const char *json, size_t len, const char *key)
{
	size_t found_len;
	const char *found = find(json, len, key, &found_len);

	return found != NULL && *found == 't';
}
