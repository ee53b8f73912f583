/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of row numbers. */
#include "lib/store/ids.h"

#include "lib/xalloc.h"

#include <stdlib.h>

int
ids_read(struct ids *out, struct stmt *s, struct err *e)
{
	size_t room = 0;
	bool row;

	*out = (struct ids){ NULL, 0 };
	for (;;) {
		if (stmt_step(s, &row, e) == -1) {
			ids_free(out);
			return -1;
		}
		if (!row)
			return 0;
		if (out->count == room) {
			room = room == 0 ? 16 : room * 2;
			out->at = xreallocarray(out->at, room, sizeof *out->at);
		}
		out->at[out->count++] = stmt_int(s, 0);
	}
}

void
ids_free(struct ids *ids)
{
	free(ids->at);
	*ids = (struct ids){ NULL, 0 };
}
