/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FCGI_HANDLERS_OPENAPI_H
#define FCGI_HANDLERS_OPENAPI_H

/*
 * The fixed parts of the description of the API (fcgi/handlers/openapi.json), a
 * JSON object whose last member is the object "components".
 */
extern const char openapi_document[];

#endif
