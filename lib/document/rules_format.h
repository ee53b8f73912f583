/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns and formats of the registry schemas, each with its rule as
 * messages say it.
 */
#ifndef LIB_DOCUMENT_RULES_FORMAT_H
#define LIB_DOCUMENT_RULES_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct rules_pattern;

struct rules_format {
	const char *rule; /* "must match ^...$" */
	/* One of both: */
	const struct rules_pattern *pattern;
	bool (*matches)(const char *text, size_t len);
};

bool rules_format_matches(
    const struct rules_format *format, const char *text, size_t len);

extern const struct rules_format rules_format_allowed_host;
extern const struct rules_format rules_format_date_time;
extern const struct rules_format rules_format_entry_name; /* skill, plugin */
extern const struct rules_format rules_format_env_name;
extern const struct rules_format rules_format_file_path;
extern const struct rules_format rules_format_hostname;
extern const struct rules_format rules_format_http_url;
extern const struct rules_format rules_format_icon_size;
extern const struct rules_format rules_format_label; /* Kubernetes */
extern const struct rules_format rules_format_not_latest;
extern const struct rules_format rules_format_registry_version;
extern const struct rules_format rules_format_server_name;
extern const struct rules_format rules_format_sha256;
extern const struct rules_format rules_format_tag;
extern const struct rules_format rules_format_tool;
extern const struct rules_format rules_format_uri;
extern const struct rules_format rules_format_uuid;
extern const struct rules_format rules_format_visible;

#endif
