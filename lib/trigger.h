/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which clients may start a sync over HTTP: the values of the configuration,
 * and the settings that the sync stores for thv-registry-admin.
 */
#ifndef LIB_TRIGGER_H
#define LIB_TRIGGER_H

/* Rows of the table setting. */
#define TRIGGER_SETTING_ACCESS "trigger_access"
#define TRIGGER_SETTING_TOKEN_FILE "trigger_token_file"

enum trigger_access {
	TRIGGER_LOOPBACK, /* this machine, without a proxy in between */
	TRIGGER_OPEN, /* every client that the web server accepts */
	TRIGGER_TOKEN, /* clients that send the token in a file */
	TRIGGER_OFF /* none */
};

/* The words of the enum in its order; NULL ends them. */
extern const char *const trigger_access_words[];

const char *trigger_access_name(enum trigger_access access);
/* Returns -1, and sets nothing, for another name. */
int trigger_access_from_name(enum trigger_access *access, const char *name);

#endif
