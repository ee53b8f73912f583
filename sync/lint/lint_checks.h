/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind the table of rules (sync/lint/lint_rules.c, which says
 * what a finding means): each reports what one rule finds in one server.
 */
#ifndef SYNC_LINT_LINT_CHECKS_H
#define SYNC_LINT_LINT_CHECKS_H

#include "sync/lint/lint_rules.h"

/* The schema that entries should name; dates written so compare as text. */
#define LINT_CHECKS_SCHEMA "2025-12-11"

lint_check lint_checks_item;
lint_check lint_checks_text_length;
lint_check lint_checks_name;
lint_check lint_checks_version_latest;
lint_check lint_checks_version_range;
lint_check lint_checks_version_order;
lint_check lint_checks_version_encoding;
lint_check lint_checks_schema_missing;
lint_check lint_checks_schema_old;
lint_check lint_checks_nothing_to_run;
lint_check lint_checks_toolhive;
lint_check lint_checks_copilot;
lint_check lint_checks_vscode_type;
lint_check lint_checks_version_twice;
lint_check lint_checks_npm_hint;
lint_check lint_checks_package_latest;
lint_check lint_checks_package_range;
lint_check lint_checks_package_floating;
lint_check lint_checks_package_cargo;
lint_check lint_checks_package_executable;
lint_check lint_checks_transport_sse;
lint_check lint_checks_transport_variable;
lint_check lint_checks_remote_variable;
lint_check lint_checks_remote_http;
lint_check lint_checks_remote_local;
lint_check lint_checks_remote_slash;
lint_check lint_checks_remote_query;
lint_check lint_checks_remote_form;
lint_check lint_checks_icon_missing;
lint_check lint_checks_icon_http;
lint_check lint_checks_publisher_scalar;
lint_check lint_checks_publisher_size;
lint_check lint_checks_tag;
lint_check lint_checks_kiro_ways;
lint_check lint_checks_kiro_remote;
lint_check lint_checks_kiro_headers;
lint_check lint_checks_kiro_package;
lint_check lint_checks_kiro_arguments;
lint_check lint_checks_kiro_environment;

#endif
