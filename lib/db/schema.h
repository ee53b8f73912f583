/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema as text, embedded from schema/ at build time, and its number.
 *
 * PRAGMA user_version is SCHEMA_VERSION: the count of durable steps times 1000
 * plus the number of the derived tables.  A program that finds another number
 * does not know the tables: the sync migrates the database, a responder answers
 * 503 until the number is right.
 */
#ifndef LIB_DB_SCHEMA_H
#define LIB_DB_SCHEMA_H

/* PRAGMA application_id: "MCPr". */
#define SCHEMA_APPLICATION_ID 1296257138 /* 0x4d435072 */
#define SCHEMA_APPLICATION_ID_TEXT "1296257138"
#define SCHEMA_DURABLE 7 /* steps in schema/durable/ */
#define SCHEMA_DERIVED 9 /* of schema/derived.sql and views.sql */
#define SCHEMA_VERSION (SCHEMA_DURABLE * 1000 + SCHEMA_DERIVED)

extern const char *const schema_durable[]; /* ends with a null pointer */
extern const char schema_derived[];
extern const char schema_drop_derived[];
extern const char schema_views[];
extern const char schema_temporary[];

#endif
