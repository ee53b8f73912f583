# SPDX-License-Identifier: Apache-2.0
# Turns openapi.json into C, without indentation and ends of lines.
BEGIN {
	print "#include \"fcgi/handlers/openapi.h\""
	print "const char openapi_document[] ="
}
{
	sub(/^ +/, "")
	gsub(/[\\"]/, "\\\\&")
	print "\t\"" $0 "\""
}
END { print "\t;" }
