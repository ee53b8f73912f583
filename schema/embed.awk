# SPDX-License-Identifier: Apache-2.0
# Turns the schema files into C strings, as they are, comments included:
# SQLite keeps the text of a CREATE statement, so an operator who types .schema
# reads what each column is for.

function escape(line) {
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	return line
}

FNR == 1 {
	part = FILENAME ~ /durable\// ? "durable" : FILENAME
	sub(/.*\//, "", part)
	sub(/\.sql$/, "", part)
	if (part == "durable")
		text[part] = text[part] (text[part] == "" ? "" : ",\n")
}

{ text[part] = text[part] "\t\"" escape($0) "\\n\"\n" }

END {
	print "/* Generated from schema/ by schema/embed.awk. */"
	print "#include \"lib/db/schema.h\"\n"
	print "const char *const schema_durable[] = {\n" text["durable"] \
	    "\t,\n\t0\n};\n"
	print "const char schema_derived[] =\n" text["derived"] ";\n"
	print "const char schema_drop_derived[] =\n" text["drop_derived"] ";\n"
	print "const char schema_views[] =\n" text["views"] ";\n"
	print "const char schema_temporary[] =\n" text["temporary"] ";"
}
