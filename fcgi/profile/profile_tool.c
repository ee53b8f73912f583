/* SPDX-License-Identifier: Apache-2.0 */
/* Finding gperftools, and calling it. */
#include "fcgi/profile/profile_tool.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The second one is also an allocator, which replaces that of libc. */
#define LIBRARY_CPU "libprofiler.so.0"
#define LIBRARY_BOTH "libtcmalloc_and_profiler.so.4"
#define PACKAGE "(Debian and Ubuntu: libgoogle-perftools4)"
/*
 * Of its unwinders only this one makes no system calls, which a sandbox would
 * forbid.  It must be loaded before other libraries with the same functions.
 */
#define UNWINDER "libgcc"
#define UNWINDER_LIBRARY "libgcc_s.so.1"
#define PRELOAD "LD_PRELOAD"
#define SELF "/proc/self/exe"
/* Prevents an endless loop of restarts if it cannot be loaded. */
#define MARK "THV_REGISTRY_PROFILE_LOADED"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHER_ALLOCATOR true
#else
#define OTHER_ALLOCATOR false
#endif

static struct {
	int (*start_cpu)(const char *path);
	void (*stop_cpu)(void);
	void (*watch_heap)(const char *prefix);
	void (*leave_heap)(void);
	char *(*heap)(void);
} tool;

/* ISO C has no conversion from void * to a function pointer; POSIX does. */
static bool
find(void *function, const char *name)
{
	void *found = dlsym(RTLD_DEFAULT, name);

	memcpy(function, &found, sizeof found);
	return found != NULL;
}

/* By its path, which becomes the name of the process. */
static void
restart(char **argv)
{
	char path[LIMIT_PATH];
	ssize_t len = readlink(SELF, path, sizeof path - 1);

	path[len < 0 ? 0 : len] = '\0';
	execv(path, argv);
	execv(SELF, argv);
}

void
profile_tool_load(char **argv, bool heap)
{
	const char *others = getenv(PRELOAD);
	char *all;

	if (OTHER_ALLOCATOR || getenv(MARK) != NULL ||
	    dlsym(RTLD_DEFAULT, "ProfilerStart") != NULL)
		return;
	all = xasprintf(UNWINDER_LIBRARY ":%s%s%s",
	    heap ? LIBRARY_BOTH : LIBRARY_CPU, others == NULL ? "" : ":",
	    others == NULL ? "" : others);
	setenv(MARK, "1", 1);
	setenv(PRELOAD, all, 1);
	setenv("TCMALLOC_STACKTRACE_METHOD", UNWINDER, 1);
	/* Only write files on request. */
	setenv("HEAP_PROFILE_ALLOCATION_INTERVAL", "0", 1);
	setenv("HEAP_PROFILE_INUSE_INTERVAL", "0", 1);
	free(all);
	restart(argv);
}

int
profile_tool_find(bool heap, struct err *e)
{
	if (find(&tool.start_cpu, "ProfilerStart") &&
	    find(&tool.stop_cpu, "ProfilerStop") &&
	    (!heap || (find(&tool.watch_heap, "HeapProfilerStart") &&
			  find(&tool.leave_heap, "HeapProfilerStop") &&
			  find(&tool.heap, "GetHeapProfile"))))
		return 0;
	err_set(e, ERR_UNAVAILABLE, "%s",
	    OTHER_ALLOCATOR ? "not with a sanitizer"
	    : heap	    ? "gperftools is needed: " LIBRARY_BOTH " " PACKAGE
			    : "gperftools is needed: " LIBRARY_CPU " " PACKAGE);
	return -1;
}

void
profile_tool_watch_heap(void)
{
	tool.watch_heap("");
}

void
profile_tool_leave_heap(void)
{
	tool.leave_heap();
}

char *
profile_tool_heap(void)
{
	return tool.heap();
}

int
profile_tool_start_cpu(const char *path, struct err *e)
{
	if (tool.start_cpu(path) != 0)
		return 0;
	err_set(e, ERR_STORAGE, "%s: the profiler does not start", path);
	return -1;
}

void
profile_tool_stop_cpu(void)
{
	tool.stop_cpu();
}
