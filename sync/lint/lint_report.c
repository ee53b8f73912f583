/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as text and as JSON. */
#include "sync/lint/lint_report.h"

#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64 * KIB) /* one finding as JSON */
#define SHOWN_VALUE 100 /* bytes of a value in text */
#define KEPT_VALUE 1000 /* bytes of a value in JSON */
#define WIDTH 78
#define SEVERITIES 3

struct lint_report {
	FILE *to;
	const struct options *options;
	bool colour;
	size_t *counts; /* beside lint_rules_table */
	size_t totals[SEVERITIES];
	char *group; /* the heading that was printed last */
	int id_width;
	bool any; /* a finding was written */
};

/* ---- helpers ---- */

/* "VS Code, ToolHive" */
static void
add_clients(struct buf *to, unsigned clients)
{
	bool first = true;

	for (size_t i = 0; i < LINT_CLIENTS; i++) {
		if ((clients >> i & 1) == 0)
			continue;
		buf_addf(
		    to, "%s%s", first ? "" : ", ", lint_rules_client(i, false));
		first = false;
	}
}

/* Replaces control characters, which a terminal would interpret, by "?". */
static void
add_shown(struct buf *to, const char *text, size_t max)
{
	size_t len = text_cut(text, strlen(text), max);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool c1 = c == 0xc2 && i + 1 < len &&
			  (unsigned char)text[i + 1] < 0xa0;

		buf_addc(to, c < 0x20 || c == 0x7f || c1 ? '?' : (char)c);
		i += c1;
	}
	if (text[len] != '\0')
		buf_adds(to, "...");
}

static bool
use_colour(void)
{
	const char *refused = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) == 1 &&
	       (refused == NULL || refused[0] == '\0');
}

static const char *
start_colour(bool colour, enum lint_severity severity)
{
	static const char *const codes[SEVERITIES] = { "\033[31m", "\033[33m",
		"\033[36m" };

	return colour ? codes[severity] : "";
}

static const char *
end_colour(bool colour)
{
	return colour ? "\033[0m" : "";
}

/* ---- text ---- */

/* Prints ${label} and ${text}, wrapped and indented. */
static void
print_paragraph(FILE *to, const char *label, const char *text)
{
	const size_t indent = 4 + strlen(label);
	size_t column = indent;

	fprintf(to, "    %s", label);
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len > WIDTH) {
			fprintf(to, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', to);
			column++;
		}
		fwrite(text, 1, len, to);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', to);
}

static void
print_rule(
    FILE *to, bool colour, const struct lint_rule *rule, const char *count)
{
	struct buf clients = BUF_INIT(KIB);

	add_clients(&clients, rule->clients);
	fprintf(to, "%s%s%s: %s; %s%s\n", start_colour(colour, rule->severity),
	    rule->id, end_colour(colour), lint_rules_severity(rule->severity),
	    buf_str(&clients), count);
	print_paragraph(to, "Why: ", rule->why);
	print_paragraph(to, "Do:  ", rule->advice);
	buf_free(&clients);
}

/* "name@version (source main: data.servers.3)" */
static char *
heading(const struct lint_place *p)
{
	struct buf text = BUF_INIT(16 * KIB);

	if (p->name != NULL) {
		add_shown(&text, p->name, LIMIT_IDENTITY);
		if (p->version != NULL) {
			buf_addc(&text, '@');
			add_shown(&text, p->version, LIMIT_VERSION_BYTES);
		}
		buf_adds(&text, " (");
	}
	buf_addf(&text, "%s ", p->scope_kind);
	add_shown(&text, p->scope, LIMIT_PATH);
	if (p->where != NULL)
		buf_addf(&text, ": %s", p->where);
	if (p->name != NULL)
		buf_addc(&text, ')');
	return buf_take(&text);
}

static bool
is_shown(const struct lint_report *r, const struct lint_rule *rule)
{
	return rule->severity == LINT_ERROR ||
	       (rule->severity == LINT_WARNING && !r->options->quiet) ||
	       (r->options->verbose && !r->options->quiet);
}

static void
print_finding(struct lint_report *r, const struct lint_finding *f)
{
	const struct lint_rule *rule = f->rule;
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	char *group = heading(f->place);

	if (r->group == NULL || strcmp(group, r->group) != 0) {
		fprintf(r->to, "%s%s\n", r->any ? "\n" : "", group);
		free(r->group);
		r->group = group;
		group = NULL;
	}
	r->any = true;
	add_shown(&line, f->path, KIB);
	if (f->detail != NULL) {
		buf_adds(&line, line.len == 0 ? "" : ": ");
		add_shown(&line, f->detail, KIB);
	}
	if (f->value != NULL) {
		buf_adds(&line, line.len == 0 ? "" : " = ");
		add_shown(&line, f->value, SHOWN_VALUE);
	}
	buf_adds(&line, line.len == 0 ? "[" : "  [");
	add_clients(&line, rule->clients);
	fprintf(r->to, "  %s%-7s%s  %-*s  %s]\n",
	    start_colour(r->colour, rule->severity),
	    lint_rules_severity(rule->severity), end_colour(r->colour),
	    r->id_width, rule->id, buf_str(&line));
	buf_free(&line);
	free(group);
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
print_end(const struct lint_report *r, size_t entries)
{
	bool first = true;
	char count[48];

	for (size_t i = 0; i < lint_rules_count; i++) {
		const struct lint_rule *rule = &lint_rules_table[i];

		if (r->counts[i] == 0 ||
		    (r->options->quiet && rule->severity != LINT_ERROR))
			continue;
		snprintf(count, sizeof count, "; found %zu time%s",
		    r->counts[i], plural(r->counts[i]));
		fprintf(r->to, "%s", first ? r->any ? "\nRules\n\n" : "" : "");
		print_rule(r->to, r->colour, rule, count);
		first = false;
	}
	fprintf(r->to,
	    "%s%zu error%s, %zu warning%s, %zu info; entries checked: %zu\n",
	    first ? "" : "\n", r->totals[LINT_ERROR],
	    plural(r->totals[LINT_ERROR]), r->totals[LINT_WARNING],
	    plural(r->totals[LINT_WARNING]), r->totals[LINT_INFO], entries);
	if (!r->options->verbose && !r->options->quiet &&
	    r->totals[LINT_INFO] > 0)
		fputs("-v lists findings of severity info, too\n", r->to);
}

/* ---- JSON ---- */

static void
json_member(struct json_out *j, const char *key, const char *value)
{
	json_out_key(j, key);
	if (value == NULL)
		json_out_null(j);
	else
		json_out_quote(
		    j->to, value, text_cut(value, strlen(value), KEPT_VALUE));
	j->comma = true;
}

static void
json_rule(struct json_out *j, const struct lint_rule *rule)
{
	json_member(j, "severity", lint_rules_severity(rule->severity));
	json_member(j, "rule", rule->id);
	json_out_key(j, "clients");
	json_out_open(j, '[');
	for (size_t i = 0; i < LINT_CLIENTS; i++)
		if ((rule->clients >> i & 1) != 0)
			json_out_str(j, lint_rules_client(i, true));
	json_out_close(j, ']');
	json_member(j, "why", rule->why);
	json_member(j, "advice", rule->advice);
}

static void
json_finding(struct lint_report *r, const struct lint_finding *f)
{
	const struct lint_place *p = f->place;
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct json_out j = JSON_OUT_INIT(&line);

	json_out_open(&j, '{');
	json_out_key(&j, "scope");
	json_out_open(&j, '{');
	json_member(&j, "kind", p->scope_kind);
	json_member(&j, "name", p->scope);
	json_out_close(&j, '}');
	json_member(&j, "where", p->where);
	json_member(
	    &j, "kind", p->name == NULL ? NULL : entry_kind_name(p->kind));
	json_member(&j, "name", p->name);
	json_member(&j, "version", p->version);
	json_member(&j, "path", f->path);
	json_member(&j, "value", f->value);
	json_member(&j, "detail", f->detail);
	json_rule(&j, f->rule);
	json_out_close(&j, '}');
	fprintf(r->to, "%s\n%s", r->any ? "," : "", buf_str(&line));
	r->any = true;
	buf_free(&line);
}

static void
json_rules(FILE *to)
{
	for (size_t i = 0; i < lint_rules_count; i++) {
		struct buf line = BUF_INIT(LINE_MAX_BYTES);
		struct json_out j = JSON_OUT_INIT(&line);

		json_out_open(&j, '{');
		json_rule(&j, &lint_rules_table[i]);
		json_out_close(&j, '}');
		fprintf(to, "%s\n%s", i == 0 ? "[" : ",", buf_str(&line));
		buf_free(&line);
	}
	fputs("\n]\n", to);
}

/* ---- the interface ---- */

struct lint_report *
lint_report_new(FILE *to, const struct options *o)
{
	struct lint_report *r = xcalloc(1, sizeof *r);

	r->to = to;
	r->options = o;
	r->colour = use_colour();
	r->counts = xcalloc(lint_rules_count, sizeof *r->counts);
	for (size_t i = 0; i < lint_rules_count; i++) {
		int id = (int)strlen(lint_rules_table[i].id);

		if (id > r->id_width)
			r->id_width = id;
	}
	return r;
}

void
lint_report_free(struct lint_report *r)
{
	if (r == NULL)
		return;
	free(r->counts);
	free(r->group);
	free(r);
}

void
lint_report_start(struct lint_report *r)
{
	if (r->options->json)
		fputs("{\"findings\":[", r->to);
}

void
lint_report_found(void *ctx, const struct lint_finding *f)
{
	struct lint_report *r = ctx;

	r->counts[f->rule - lint_rules_table]++;
	r->totals[f->rule->severity]++;
	if (r->options->json)
		json_finding(r, f);
	else if (is_shown(r, f->rule))
		print_finding(r, f);
}

void
lint_report_end(struct lint_report *r, size_t entries)
{
	if (!r->options->json) {
		print_end(r, entries);
		return;
	}
	fprintf(r->to,
	    "%s],\"summary\":{\"entries\":%zu,\"error\":%zu,"
	    "\"warning\":%zu,\"info\":%zu}}\n",
	    r->any ? "\n" : "", entries, r->totals[LINT_ERROR],
	    r->totals[LINT_WARNING], r->totals[LINT_INFO]);
}

size_t
lint_report_errors(const struct lint_report *r)
{
	return r->totals[LINT_ERROR];
}

void
lint_report_rules(FILE *to, const struct options *o)
{
	if (o->json) {
		json_rules(to);
		return;
	}
	for (size_t i = 0; i < lint_rules_count; i++)
		print_rule(to, use_colour(), &lint_rules_table[i], "");
}
