/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of curl and libgit2 that can be made to fail.
 *
 * All of them take integers and pointers only, at most six, and are passed on
 * as six words: on the machines this runs on, a function takes the words it
 * knows and does not see the others.  So neither library's headers are needed.
 */
#include "tests/faults/inject.h"

#include <stdarg.h>

typedef intptr_t word;
typedef word (*function)(word, word, word, word, word, word);

static word
pass(enum inject_kind kind, const char *name, function *next, word failure,
    const word a[6])
{
	if (*next == NULL)
		*(void **)(void *)next = inject_next(name);
	if (inject_hit(kind, name))
		return failure;
	return (*next)(a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define PASS(kind, name, failure)                                 \
	word name(word, word, word, word, word, word);            \
	word name(word a, word b, word c, word d, word e, word f) \
	{                                                         \
		static function next;                             \
		const word all[] = { a, b, c, d, e, f };          \
                                                                  \
		return pass(kind, #name, &next, failure, all);    \
	}

/* CURLE_OUT_OF_MEMORY, CURLE_COULDNT_CONNECT, CURLE_UNKNOWN_OPTION. */
#define CURL_MEMORY 27
#define CURL_CONNECT 7
#define CURL_OPTION 48

PASS(INJECT_CURL, curl_global_init, CURL_MEMORY)
PASS(INJECT_CURL, curl_easy_init, 0)
PASS(INJECT_CURL, curl_easy_perform, CURL_CONNECT)
PASS(INJECT_CURL, curl_slist_append, 0)
PASS(INJECT_CURL, curl_url, 0)
PASS(INJECT_CURL, curl_url_set, CURL_CONNECT)
PASS(INJECT_CURL, curl_url_get, CURL_CONNECT)

typedef int (*variadic)(void *, int, ...);

#define PASS_OPTION(name)                                             \
	int name(void *handle, int option, ...);                      \
	int name(void *handle, int option, ...)                       \
	{                                                             \
		static variadic next;                                 \
		void *value;                                          \
		va_list ap;                                           \
                                                                      \
		va_start(ap, option);                                 \
		value = va_arg(ap, void *);                           \
		va_end(ap);                                           \
		if (next == NULL)                                     \
			*(void **)(void *)&next = inject_next(#name); \
		return inject_hit(INJECT_CURL, #name)                 \
			   ? CURL_OPTION                              \
			   : next(handle, option, value);             \
	}

PASS_OPTION(curl_easy_setopt)
PASS_OPTION(curl_easy_getinfo)

PASS(INJECT_GIT, git_libgit2_init, -1)
PASS(INJECT_GIT, git_repository_init, -1)
PASS(INJECT_GIT, git_repository_open_bare, -1)
PASS(INJECT_GIT, git_repository_odb, -1)
PASS(INJECT_GIT, git_repository_config, -1)
PASS(INJECT_GIT, git_config_get_entry, -1)
PASS(INJECT_GIT, git_config_set_string, -1)
PASS(INJECT_GIT, git_fetch_options_init, -1)
PASS(INJECT_GIT, git_remote_connect_options_init, -1)
PASS(INJECT_GIT, git_remote_create_anonymous, -1)
PASS(INJECT_GIT, git_remote_connect_ext, -1)
PASS(INJECT_GIT, git_remote_ls, -1)
PASS(INJECT_GIT, git_remote_fetch, -1)
PASS(INJECT_GIT, git_reference_create, -1)
PASS(INJECT_GIT, git_reference_name_to_id, -1)
PASS(INJECT_GIT, git_oid_fromstr, -1)
PASS(INJECT_GIT, git_object_lookup, -1)
PASS(INJECT_GIT, git_object_peel, -1)
PASS(INJECT_GIT, git_commit_lookup, -1)
PASS(INJECT_GIT, git_tree_lookup, -1)
PASS(INJECT_GIT, git_blob_lookup, -1)
PASS(INJECT_GIT, git_odb_read_header, -1)
