/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind managed: empty, for entries that clients will publish. */
#include "sync/kinds/kind.h"

const struct conf_key kind_managed_keys[] = { CONF_KEY_END };

const struct source_kind kind_managed = {
	.name = "managed",
	.keys = kind_managed_keys,
};
