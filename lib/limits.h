/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every size that comes from outside has its maximum here, and only here.
 * Sizes are bytes unless the name says otherwise.
 */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* ---- configuration ---- */
#define LIMIT_CONFIG_FILE (4 * MIB)
#define LIMIT_CONFIG_DEPTH 32
#define LIMIT_CONFIG_NODES 200000 /* YAML values, with aliases expanded */
#define LIMIT_CONFIG_TEXT (8 * MIB) /* of all values together */
#define LIMIT_CONFIG_KEYS 1000 /* of one map */
#define LIMIT_CONFIG_ANCHORS 1000
#define LIMIT_CONFIG_HEADERS 32 /* of one source */
#define LIMIT_CONFIG_HEADER 128 /* the name of a header */
#define LIMIT_CONFIG_NAMESPACES 1000 /* of one source */
#define LIMIT_CONFIG_SOURCES 1000
#define LIMIT_CONFIG_REGISTRIES 1000
#define LIMIT_CONFIG_MESSAGES 200 /* errors kept, and warnings */
#define LIMIT_SECRET_FILE (64 * KIB)
#define LIMIT_GLOB 1024 /* the text of one pattern */

/* ---- documents ---- */
#define LIMIT_DOCUMENT (4 * GIB) /* a whole registry document, streamed */
#define LIMIT_ENTRY (4 * MIB) /* one server, skill or plugin, minified */
#define LIMIT_JSON_DEPTH 128
#define LIMIT_JSON_NESTING (64 * KIB) /* in an entry that is skipped */
#define LIMIT_JSON_KEY (4 * KIB) /* a member name outside of entries */
#define LIMIT_NAME 200 /* a server's name, characters */
#define LIMIT_IDENTITY 1024 /* namespace, '/', name; bytes in the database */
#define LIMIT_VERSION 255 /* characters */
#define LIMIT_VERSION_BYTES 1020
#define LIMIT_ENTRIES 10000000 /* entries of one source */
#define LIMIT_META_DEFAULT (256 * KIB) /* publisher-provided object */
#define LIMIT_REJECTED_KEPT 1000 /* rejected entries listed, per source */
#define LIMIT_REJECTED_NAMES \
	2000000 /* hashes of entries that keep their last good version */
#define LIMIT_SHRINK_FROM \
	20 /* stored entries; a smaller source may lose any number */
#define LIMIT_REJECTED_VALUE 200 /* of the offending value, characters */
#define LIMIT_TOMBSTONES 100000 /* removed versions kept, per source */

/* ---- fetching ---- */
#define LIMIT_HTTP_BODY (1 * GIB)
#define LIMIT_HTTP_HEADER (64 * KIB)
#define LIMIT_HTTP_REDIRECTS 10
#define LIMIT_HTTP_IGNORED (64 * KIB) /* body of a response other than 200 */
#define LIMIT_HTTP_VALIDATOR (1 * KIB) /* an ETag or Last-Modified */
#define LIMIT_HTTP_RETRY_AFTER 60 /* seconds that a fetch waits */
#define LIMIT_RETRY_KEPT (24 * 60 * 60) /* seconds Retry-After may defer */
#define LIMIT_HTTP_QUOTED                                  \
	(8 * KIB) /* kept of the body of an error response \
		   */
#define LIMIT_HTTP_WORDS 300 /* bytes of that body in a message */
#define LIMIT_URL (8 * KIB)
/* Kubernetes holds 1 MiB; escaped in JSON it may be six times that. */
#define LIMIT_CONFIGMAP_ANSWER (16 * MIB)
#define LIMIT_CONFIGMAP_INFLATED                    \
	(128 * MIB) /* all documents of a ConfigMap \
		     */
#define LIMIT_CONFIGMAP_KEYS 10000
#define LIMIT_CONFIGMAP_NAME 253 /* of an object, of a key */
#define LIMIT_API_PAGE_SIZE 1000 /* servers requested in a page */
#define LIMIT_API_PAGE (64 * MIB)
#define LIMIT_API_PAGES 100000 /* of one crawl */
#define LIMIT_API_BYTES (8 * GIB) /* of one crawl, decoded */
#define LIMIT_API_EMPTY_PAGES 100 /* in a row, each with a cursor */
#define LIMIT_API_CURSOR (4 * KIB)
#define LIMIT_API_CRAWL_AGE \
	(24 * 60 * 60) /* seconds; an older crawl is not resumed */
#define LIMIT_GIT_OBJECTS 1000000
#define LIMIT_GIT_BYTES (2 * GIB) /* received in one fetch */
#define LIMIT_GIT_BLOB (1 * GIB)
#define LIMIT_GIT_PACKS 50 /* in a cache; with more the cache is replaced */
#define LIMIT_TREE_ENTRIES 1000000 /* read in one directory source */
#define LIMIT_TREE_FILES 10000 /* files of one directory source */
#define LIMIT_TREE_DEPTH 32
#define LIMIT_PATH 4096
#define LIMIT_FETCHES 8 /* processes that fetch at the same time */
#define LIMIT_FETCH_DOCUMENTS 100000 /* of one such process */
#define LIMIT_FETCH_RESULT (64 * MIB) /* of one such process, in the pipe */
#define LIMIT_FETCH_VALIDATOR (1 * MIB) /* a validator in a result */
#define LIMIT_RUN_ATTEMPTS 4000 /* recorded for one run */
#define LIMIT_RUNS 1000 /* newest runs kept, of any kind */
#define LIMIT_RUNS_NOTABLE \
	10000 /* kept runs that changed something or failed */
#define LIMIT_RUNS_NOTABLE_DAYS 30 /* until those are deleted */
#define LIMIT_WATCHES 8192 /* directories watched for changes */

/* ---- the index ---- */
#define LIMIT_POSTINGS (4 * MIB) /* pairs of term and entry in one block */

/* ---- requests ---- */
#define LIMIT_REQUEST_URI (8 * KIB)
#define LIMIT_REQUEST_IGNORED (64 * KIB) /* body that is read and ignored */
#define LIMIT_REQUEST_BODY (1 * MIB) /* body that a handler reads */
#define LIMIT_VALUES 100 /* of a repeated query parameter */
#define LIMIT_TRIGGER_SOURCES LIMIT_VALUES /* named in one request */
#define LIMIT_TOKEN (4 * KIB) /* the file with the token of the trigger */
#define LIMIT_PATH_SEGMENTS 16
#define LIMIT_SEARCH 256 /* a search text, bytes */
#define LIMIT_CURSOR (4 * KIB)
#define LIMIT_PAGE_DEFAULT 30
#define LIMIT_PAGE_MAX 1000
#define LIMIT_PAGE_EXTENSIONS 50 /* skills and plugins */
#define LIMIT_PAGE_EXTENSIONS_MAX 100
#define LIMIT_PAGE_BYTES (16 * MIB) /* a page ends when it exceeds this */
#define LIMIT_GRAMS 12 /* of a search text that the index looks up */
#define LIMIT_FACETS 32 /* values of one filter in a query */
#define LIMIT_FACET_BYTES 512 /* of all values: they are part of a cursor */
#define LIMIT_RESPONSE (256 * MIB)
#define LIMIT_RESPONSE_KEPT (1 * MIB) /* buffer kept between requests */
#define LIMIT_ANSWERS (768 * KIB) /* responses cached by a process */
#define LIMIT_HANDED_ON \
	(120 * KIB) /* of a request that the successor answers */
#define LIMIT_PEER_SECONDS 5 /* without progress of the web server */
#define LIMIT_ANSWER_SECONDS \
	60 /* until the web server has read a whole response */
#define LIMIT_SUCCESSOR_SECONDS 5 /* until the successor has answered */

/* ---- profiles ---- */
#define LIMIT_PROFILE_SECONDS 120
#define LIMIT_PROFILE_DUMP (16 * MIB) /* of one process */
#define LIMIT_PROFILE_PROCESSES 256 /* that share a directory */

#endif
