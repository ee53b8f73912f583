/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may start a sync over HTTP: the words of the configuration, and the
 * settings by which the sync tells thv-registry-admin.
 */
#ifndef LIB_TRIGGER_H
#define LIB_TRIGGER_H

/* Rows of the table setting. */
#define TRIGGER_SETTING_ACCESS "trigger_access"
#define TRIGGER_SETTING_TOKEN_FILE "trigger_token_file"

enum trigger_access {
	TRIGGER_LOOPBACK, /* this machine, not by way of a proxy */
	TRIGGER_OPEN, /* whom the web server lets through */
	TRIGGER_TOKEN, /* who knows the token in a file */
	TRIGGER_OFF /* nobody */
};

/* The words of the enum in its order; NULL ends them. */
extern const char *const trigger_access_words[];

const char *trigger_access_name(enum trigger_access access);
/* Returns -1, and sets nothing, for a word that is none of them. */
int trigger_access_from_name(enum trigger_access *access, const char *name);

#endif
