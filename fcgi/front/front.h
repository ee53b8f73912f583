/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web page.  fcgi/front/embed generates it at build time from the files
 * beside it: one document that loads nothing and uses only this API.
 */
#ifndef FCGI_FRONT_FRONT_H
#define FCGI_FRONT_FRONT_H

#include <stddef.h>

extern const char front_document[];
extern const size_t front_length; /* bytes, without the NUL */
extern const char front_etag[]; /* with quotes */
/* Complete header lines that restrict what the document may do. */
extern const char front_lines[];

#endif
