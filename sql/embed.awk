# SPDX-License-Identifier: Apache-2.0
# Turns named statements into C.
#
# A statement starts at a line "-- name: word" and runs to the next one; the
# comment lines in it are for people and are left out.  "-- plan: scan-ok why"
# tells the plan test that the statement may read a table or an index whole or
# sort.  The file a statement stands in is its set: read.sql is what the
# responders prepare, write.sql what the sync prepares, rare.sql what it prepares
# when it needs it.
#
# Standard output is the table; -v header=FILE receives the enum of the
# statements and one enum per statement that numbers its parameters, in the
# order in which SQLite does: by first appearance.

function escape(line) {
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	return line
}

function parameters(line,    rest, word) {
	rest = line
	while (match(rest, /:[a-z_][a-z_0-9]*/)) {
		word = substr(rest, RSTART + 1, RLENGTH - 1)
		rest = substr(rest, RSTART + RLENGTH)
		if (!((name, word) in seen)) {
			seen[name, word] = 1
			order[name] = order[name] " " word
		}
	}
}

FNR == 1 {
	set = FILENAME
	sub(/.*\//, "", set)
	sub(/\.sql$/, "", set)
}

/^-- name: / {
	name = $3
	if (name in sets) {
		print FILENAME ":" FNR ": " name " exists already" \
		    > "/dev/stderr"
		exit 1
	}
	names[++count] = name
	sets[name] = set
	next
}

/^-- plan: scan-ok / { scans[name] = 1; next }
/^--/ || /^[ \t]*$/ { next }

{
	if (name == "") {
		print FILENAME ":" FNR ": text before the first name" \
		    > "/dev/stderr"
		exit 1
	}
	parameters($0)
	text[name] = text[name] "\n\t\t\"" escape($0) "\\n\""
}

END {
	print "/* Generated from sql/ by sql/embed.awk. */" > header
	print "#ifndef GEN_SQL_H\n#define GEN_SQL_H\n" > header
	print "#include <stdbool.h>\n" > header
	print "enum sql_set {" > header
	for (i = 1; i <= count; i++)
		if (!(sets[names[i]] in declared)) {
			declared[sets[names[i]]] = 1
			print "\tSQL_SET_" toupper(sets[names[i]]) "," > header
		}
	print "};\n\nenum sql_id {" > header
	for (i = 1; i <= count; i++)
		print "\tSQL_" toupper(names[i]) "," > header
	print "\tSQL_COUNT\n};\n" > header
	for (i = 1; i <= count; i++) {
		n = split(order[names[i]], words, " ")
		if (n == 0)
			continue
		print "enum sql_" names[i] "_parameter {" > header
		for (j = 1; j <= n; j++)
			printf "\tSQL_%s_P_%s%s,\n", toupper(names[i]), \
			    toupper(words[j]), j == 1 ? " = 1" : "" > header
		print "};\n" > header
	}
	print "struct sql_statement {\n\tconst char *name;\n" \
	    "\tconst char *text;\n\tenum sql_set set;\n" \
	    "\tbool scan_ok;\n};\n" > header
	print "extern const struct sql_statement" \
	    " sql_statements[SQL_COUNT];\n\n#endif" > header

	print "/* Generated from sql/ by sql/embed.awk. */"
	print "#include \"sql.h\"\n"
	print "const struct sql_statement sql_statements[SQL_COUNT] = {"
	for (i = 1; i <= count; i++)
		printf "\t[SQL_%s] = {\n\t\t\"%s\",%s,\n\t\tSQL_SET_%s, %s\n\t},\n", \
		    toupper(names[i]), names[i], text[names[i]], \
		    toupper(sets[names[i]]), \
		    names[i] in scans ? "true" : "false"
	print "};"
}
