# SPDX-License-Identifier: Apache-2.0
# The only makefile (GNU make).  Everything is built into $(BUILD).
# `make help` lists the targets; V=1 shows the commands.
#
# CC, AR, PKG_CONFIG, CPPFLAGS, CFLAGS, LDFLAGS and the directories below can be
# set as usual, also for another machine:
#   make CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar \
#       PKG_CONFIG=aarch64-linux-gnu-pkg-config BUILD=build/arm64

SHELL := bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# The only place that has the version.
PROGRAM_VERSION := 0.2.0

PREFIX ?= /usr/local
DESTDIR ?=
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
libexecdir ?= $(prefix)/libexec
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
sysconfdir ?= /etc
localstatedir ?= /var
runstatedir ?= /run
systemdsystemunitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
PORT ?= 8080

# A sanitizer or another compiler builds beside the plain tree, never over it:
# make check SAN=address,undefined    make CC=clang BUILD=build/clang
SAN ?=
BUILD ?= build$(if $(SAN),/san)

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
WERROR ?=
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Werror=incompatible-pointer-types -Werror=int-conversion $(WERROR)
# The flags among $(1) that the compiler supports for its target.
accepted = $(foreach flag,$(1),$(shell echo 'int x;' | $(CC) -Werror \
	$(flag) -x c -c -o /dev/null - 2>/dev/null && echo '$(flag)'))
HARDENING := -fstack-protector-strong -fPIE \
	$(call accepted,-fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard) $(if $(SAN),,-D_FORTIFY_SOURCE=2)
# The same bytes wherever the tree lies.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)/= -ffile-prefix-map=$(CURDIR)=. \
	-ffile-prefix-map=$(abspath $(BUILD))=build \
	-ffile-prefix-map=$(BUILD)/=build/
DEFINES := -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all)

LIB_PACKAGES := sqlite3 libutf8proc
SYNC_PACKAGES := jansson yaml-0.1 libgit2 libcurl libcrypto zlib
# pkg-config runs once, when a recipe first needs it.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags \
	$(LIB_PACKAGES) $(SYNC_PACKAGES)))$(PACKAGE_CFLAGS)
LIB_LIBS = $(eval LIB_LIBS := $(shell $(PKG_CONFIG) --libs \
	$(LIB_PACKAGES)))$(LIB_LIBS)
SYNC_LIBS = $(eval SYNC_LIBS := $(shell $(PKG_CONFIG) --libs \
	$(SYNC_PACKAGES)))$(SYNC_LIBS)
# Not every system has a fcgi.pc.
FCGI_LIBS = $(eval FCGI_LIBS := -lfcgi $(shell $(PKG_CONFIG) --libs \
	zlib))$(FCGI_LIBS)
ALL_CFLAGS = -std=c11 $(DEFINES) $(WARNINGS) $(HARDENING) $(REPRODUCIBLE) \
	$(SANFLAGS) -I. -I$(BUILD)/gen $(PACKAGE_CFLAGS) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SANFLAGS) $(LDFLAGS)

# `make run` and `make check` use all processors unless -j says how many.
AT_ONCE = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$(2)';)

MAINS := sync/main.c fcgi/main_api.c fcgi/main_admin.c
STORE_SRC := $(wildcard lib/document/*.c lib/store/*.c)
LIB_SRC := $(filter-out $(STORE_SRC),$(wildcard lib/*.c lib/*/*.c))
SYNC_SRC := $(filter-out $(MAINS),$(wildcard sync/*.c sync/*/*.c sync/*/*/*.c))
FCGI_SRC := $(filter-out $(MAINS),$(wildcard fcgi/*.c fcgi/*/*.c))
GEN_SRC := $(BUILD)/gen/sql.c $(BUILD)/gen/schema.c
objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(BUILD)/%,$(1))) \
	$(patsubst %.c,%.o,$(filter $(BUILD)/%,$(1)))
# In the order that the linker needs: users first.
ARCHIVES := $(addprefix $(BUILD)/,sync.a store.a fcgi.a lib.a)
PROGRAMS := $(patsubst %,$(BUILD)/%,thv-registry-sync thv-registry-api \
	$(if $(wildcard fcgi/main_admin.c),thv-registry-admin))
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))

.PHONY: all
all: $(PROGRAMS) ## build the programs into build/

# ---- what is built from what ------------------------------------------------

$(BUILD)/gen/sql.c: sql/embed.awk $(wildcard sql/*.sql)
	$(call say,GEN,$@)mkdir -p $(@D) && \
	awk -v header=$(BUILD)/gen/sql.h.new -f sql/embed.awk \
	    $(filter %.sql,$^) > $@ && \
	{ cmp -s $(BUILD)/gen/sql.h.new $(BUILD)/gen/sql.h || \
	    cp $(BUILD)/gen/sql.h.new $(BUILD)/gen/sql.h; }

$(BUILD)/gen/schema.c: schema/embed.awk $(sort $(wildcard schema/durable/*.sql)) \
		schema/derived.sql schema/drop_derived.sql schema/views.sql \
		schema/temporary.sql
	$(call say,GEN,$@)mkdir -p $(@D) && \
	awk -f schema/embed.awk $(filter %.sql,$^) > $@

$(BUILD)/gen/front.c: $(addprefix fcgi/front/,embed index.html style.css \
		script.js)
	$(call say,GEN,$@)mkdir -p $(@D) && fcgi/front/embed > $@

$(BUILD)/gen/openapi.c: fcgi/handlers/embed.awk fcgi/handlers/openapi.json
	$(call say,GEN,$@)mkdir -p $(@D) && awk -f $^ > $@

# The commit and its date, for /version.  The file is written only when its
# text changes, so that nothing is rebuilt in vain; the date is the commit's, so
# that builds are reproducible.  `sudo make install` runs git as another user,
# which git allows for a safe.directory only; if git fails, the file stays.
$(BUILD)/gen/commit.h: always
	@mkdir -p $(@D); \
	text=$$(TZ=UTC git -c safe.directory='*' log -1 --date=format-local:'%Y-%m-%d %H:%M:%S UTC' --format='#define BUILD_COMMIT "%h"%n\
	#define BUILD_DATE "%cd"' 2>/dev/null | sed 's/^[[:space:]]*//'); \
	[ -z "$$text" ] && [ -e $@ ] || \
	    [ "$$text" = "$$(cat $@ 2>/dev/null)" ] && [ -e $@ ] || \
	    printf '%s\n' "$$text" > $@
.PHONY: always
always:

# The version and the directories, written only when they change.
define directories
#define PROGRAM_VERSION "$(PROGRAM_VERSION)"
#define BINDIR "$(bindir)"
#define SYSCONFDIR "$(sysconfdir)"
#define LOCALSTATEDIR "$(localstatedir)"
#define RUNSTATEDIR "$(runstatedir)"
endef
export directories
$(BUILD)/gen/directories.h: always
	@mkdir -p $(@D); [ "$$directories" = "$$(cat $@ 2>/dev/null)" ] || \
	    printf '%s\n' "$$directories" > $@

$(addprefix $(BUILD)/fcgi/,http/etag.o handlers/handle_probe.o main_api.o): \
    $(BUILD)/gen/commit.h

# Written only when statements or their parameters change.
$(BUILD)/gen/sql.h: $(BUILD)/gen/sql.c
	@:

$(BUILD)/%.o: %.c | $(BUILD)/gen/sql.h $(BUILD)/gen/directories.h
	$(call say,CC,$<)mkdir -p $(@D) && \
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# Embedded SQL runs past the length that -pedantic allows for a literal.
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -Wno-overlength-strings -MMD -MP \
	    -c $< -o $@

$(BUILD)/lib.a: $(call objects,$(LIB_SRC) $(GEN_SRC))
$(BUILD)/store.a: $(call objects,$(STORE_SRC))
$(BUILD)/sync.a: $(call objects,$(SYNC_SRC))
$(BUILD)/fcgi.a: $(call objects,$(FCGI_SRC) $(addprefix $(BUILD)/gen/,front.c \
	openapi.c))
$(ARCHIVES):
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/thv-registry-sync: $(BUILD)/sync/main.o $(BUILD)/sync.a \
		$(BUILD)/store.a $(BUILD)/lib.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(SYNC_LIBS) $(LIB_LIBS) -o $@

$(BUILD)/thv-registry-api: $(BUILD)/fcgi/main_api.o $(BUILD)/fcgi.a \
		$(BUILD)/lib.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(FCGI_LIBS) $(LIB_LIBS) -o $@

$(BUILD)/thv-registry-admin: $(BUILD)/fcgi/main_admin.o $(BUILD)/fcgi.a \
		$(BUILD)/lib.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(FCGI_LIBS) $(LIB_LIBS) -o $@

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(ARCHIVES)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(SYNC_LIBS) $(FCGI_LIBS) \
	    $(LIB_LIBS) -o $@

# ---- tests ------------------------------------------------------------------

TEST_SCRIPTS := $(wildcard tests/api/*.t tests/sync/*.t tests/e2e/*.t \
	tests/fuzz/*.t tests/faults/*.t tests/gate/*.t)
TEST_PROGRAMS = $(UNIT_TESTS) $(BUILD)/tests/sync/fetch_driver $(FUZZ_REPLAYS)

$(BUILD)/tests/sync/%: $(BUILD)/tests/sync/%.o $(BUILD)/sync.a \
		$(BUILD)/store.a $(BUILD)/lib.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(SYNC_LIBS) $(LIB_LIBS) -o $@

# What makes calls fail is preloaded: the programs under test are those that are
# installed.  A sanitizer brings an allocator of its own.
FAULT_LIBRARY := $(BUILD)/tests/faults/inject.so
$(FAULT_LIBRARY): $(wildcard tests/faults/*.c) tests/faults/inject.h
	$(call say,LD,$@)mkdir -p $(@D) && \
	$(CC) -std=c11 $(DEFINES) $(WARNINGS) -O1 -g -I. -fPIC -shared \
	    $(if $(SAN),-DINJECT_WITHOUT_ALLOC) $(filter %.c,$^) -o $@

.PHONY: life
life: check-packages ## 100,000 lookups while everything about them changes
	@$(MAKE) --no-print-directory $(PROGRAMS)
	@LIFE=long THV_BUILD=$(BUILD) tests/e2e/life.t

.PHONY: faults
faults: check-packages ## every fault point of a sync, one by one (minutes)
	@$(MAKE) --no-print-directory $(PROGRAMS) $(FAULT_LIBRARY)
	@FAULTS=all THV_BUILD=$(BUILD) tests/faults/sweep.t

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(BUILD)/fcgi.a $(BUILD)/lib.a
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(FCGI_LIBS) $(LIB_LIBS) -o $@

# One program a fuzz target, on two drivers: tests/fuzz/fuzz.h.
FUZZ_TARGETS := $(patsubst tests/fuzz/target_%.c,%, \
	$(wildcard tests/fuzz/target_*.c))
FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/replay_%)
FUZZERS := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/fuzz_%)

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/target_%.o \
		$(BUILD)/tests/fuzz/replay.o $(ARCHIVES)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(SYNC_LIBS) $(FCGI_LIBS) \
	    $(LIB_LIBS) -o $@

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/target_%.o \
		$(BUILD)/tests/fuzz/libfuzzer.o $(ARCHIVES)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer $^ $(SYNC_LIBS) \
	    $(FCGI_LIBS) $(LIB_LIBS) -o $@

.PHONY: fuzzers
fuzzers: $(FUZZERS) $(PROGRAMS)

T ?= 30
ONLY ?= $(FUZZ_TARGETS)
.PHONY: fuzz
fuzz: check-packages ## libFuzzer on every target, T=30 seconds each; ONLY="glob ..." SPREAD=1
	@[ -d "$$(clang -print-runtime-dir)" ] || .ci/need libclang-rt-dev
	@$(MAKE) --no-print-directory CC=clang BUILD=build/fuzz \
	    SAN=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' fuzzers
	@tests/fuzz/fuzz $(if $(SPREAD),--spread) build/fuzz $(T) $(ONLY)

# 300 MB of other people's programs: not for `make check`, which skips them.
OPENAPI_TOOLS := build/openapi-tools
.PHONY: openapi-check
openapi-check: all ## redocly, spectral and schemathesis on the API's description
	@.ci/need nodejs npm python3-venv $(LIGHTTPD_NEEDS)
	@[ -x $(OPENAPI_TOOLS)/python/bin/schemathesis ] || { \
	    mkdir -p $(OPENAPI_TOOLS) && \
	    npm install --silent --no-audit --no-fund \
	        --prefix $(OPENAPI_TOOLS) @redocly/cli @stoplight/spectral-cli && \
	    python3 -m venv $(OPENAPI_TOOLS)/python && \
	    $(OPENAPI_TOOLS)/python/bin/pip install --quiet schemathesis; }
	@THV_BUILD=$(BUILD) tests/e2e/openapi.t

.PHONY: check
check: check-packages ## install what tests need, run every test
	@$(MAKE) --no-print-directory $(AT_ONCE) test

SUITE ?= trixie
.PHONY: check-root
check-root: ## make run and make check in a bare root of SUITE=trixie
	@.ci/root $(SUITE)

# With VALGRIND=1 the tests call wrappers in build/valgrind that run the plain
# programs under valgrind; what it finds turns the exit status into 99.
VALGRIND ?=
UNDER_TEST = $(PROGRAMS) $(TEST_PROGRAMS) $(BUILD)/bench/allocs \
	$(BUILD)/bench/requests
WRAPPERS = $(patsubst $(BUILD)/%,build/valgrind/%,$(UNDER_TEST))
# By its path, as some tests leave a program nothing of the environment.  What is
# "possibly" lost is SQLite's in a child that ends at once: its memory begins behind
# a header, so nothing points at where a block begins.
valgrind_line = exec $(shell command -v valgrind) -q --leak-check=full \
	--errors-for-leak-kinds=definite --show-leak-kinds=definite \
	--trace-children=no --error-exitcode=99 \
	--suppressions=$(CURDIR)/tests/valgrind.supp

build/valgrind/%: $(BUILD)/% Makefile
	@mkdir -p $(@D) && printf '#!/bin/sh\n%s "%s" "$$@"\n' \
	    '$(valgrind_line)' '$(CURDIR)/$<' > $@ && chmod +x $@

# Deadlines of a second pass before valgrind has started a program.
NOT_UNDER_VALGRIND := tests/sync/fetch_api.t tests/sync/fetch_git_net.t \
	tests/sync/fetch_http.t tests/faults/sweep.t tests/gate/cost.t \
	tests/e2e/profile.t tests/e2e/soak.t

.PHONY: test-programs
test-programs: $(UNDER_TEST) $(FAULT_LIBRARY)

.PHONY: test
test: test-programs $(if $(VALGRIND),$(WRAPPERS))
	@$(if $(VALGRIND),echo 'not run under valgrind: $(NOT_UNDER_VALGRIND)')
	@THV_BUILD=$(if $(VALGRIND),build/valgrind,$(BUILD)) tests/run \
	    $(if $(VALGRIND)$(SAN),-t 1200) $(if $(VALGRIND), \
	    $(UNIT_TESTS:$(BUILD)/%=build/valgrind/%),$(UNIT_TESTS)) \
	    $(filter-out $(if $(VALGRIND),$(NOT_UNDER_VALGRIND)),$(TEST_SCRIPTS))

# COUNT mutants, drawn from SEED.
COUNT ?= 100
SEED ?= 1
.PHONY: mutate
mutate: check-packages ## change single lines and check that a test fails (hours)
	@nice tests/mutate --count $(COUNT) --seed $(SEED)

# ---- measuring --------------------------------------------------------------

$(BUILD)/bench/bare_parse: $(BUILD)/bench/bare_parse.o
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) $^ $(SYNC_LIBS) -o $@

# ONLY="http ladder" measures those parts alone; half an hour for all of them.
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,bare_parse bare_lookup allocs \
	requests hello)
.PHONY: bench
bench: check-packages ## measure and write bench/RESULTS.md (ONLY="http ladder ...")
	@.ci/need hey wrk
	@$(MAKE) --no-print-directory all $(BENCH_PROGRAMS)
	@bench/report $(BUILD) $(if $(filter command line environment, \
	    $(origin ONLY)),$(ONLY))

SECONDS ?= 3600
RATE ?= 600
.PHONY: soak
soak: check-packages ## load, syncs, kills, a full disk, for SECONDS=3600 at RATE=600
	@$(MAKE) --no-print-directory $(PROGRAMS) $(FAULT_LIBRARY)
	@bench/soak $(BUILD) $(SECONDS) $(RATE)

.PHONY: bench-gate bench-baseline
bench-gate: check-packages ## instructions of each operation against bench/baseline.json
	@$(MAKE) --no-print-directory all $(BUILD)/bench/requests
	@bench/gate $(BUILD)
bench-baseline: check-packages ## make today's instructions those to hold on to
	@$(MAKE) --no-print-directory all $(BUILD)/bench/requests
	@bench/gate --baseline $(BUILD)

# ---- packages ---------------------------------------------------------------

BUILD_NEEDS := gcc make pkg-config libc6-dev libfcgi-dev libgit2-dev \
	libjansson-dev libyaml-dev libsqlite3-dev libcurl4-openssl-dev \
	libutf8proc-dev libssl-dev zlib1g-dev
# Which web server `make run` uses; apache2-bin has the program only, and
# neither a service nor a configuration.
SERVER ?= lighttpd
TLS ?=
LIGHTTPD_NEEDS := lighttpd lighttpd-mod-deflate lighttpd-mod-openssl
APACHE_NEEDS := apache2-bin libapache2-mod-fcgid
RUN_NEEDS := $(BUILD_NEEDS) git curl ca-certificates python3 openssl $(if \
	$(findstring apache,$(SERVER)),$(APACHE_NEEDS),$(if \
	$(findstring nginx,$(SERVER)),nginx,$(LIGHTTPD_NEEDS)))
CHECK_NEEDS := $(RUN_NEEDS) $(LIGHTTPD_NEEDS) $(APACHE_NEEDS) nginx clang \
	clang-format cppcheck shellcheck valgrind \
	sqlite3 openssh-server mandoc strace google-perftools \
	python3-jsonschema python3-yaml

.PHONY: build-packages check-packages run-packages
build-packages:
	@.ci/need $(BUILD_NEEDS)
run-packages:
	@.ci/need $(RUN_NEEDS)
check-packages:
	@.ci/need $(CHECK_NEEDS)

.PHONY: run
run: run-packages ## sync an example, serve it on 127.0.0.1:$(PORT) (CONFIG= SERVER= TLS=1)
	@$(MAKE) --no-print-directory $(AT_ONCE) all
	@SERVER=$(SERVER) TLS=$(TLS) httpd-conf/run $(BUILD) $(PORT) $(CONFIG)

# ---- putting it somewhere ---------------------------------------------------

MANUALS := sync/thv-registry-sync.8 fcgi/thv-registry-api.8 \
	fcgi/thv-registry-admin.8 \
	sync/thv-registry-lint.1 sync/thv-registry-config.5 \
	schema/thv-registry-views.7
SERVER_SCRIPTS := $(addprefix httpd-conf/,serve pool admin-cgi)
SERVER_FILES := $(wildcard httpd-conf/*.conf) httpd-conf/nginx.conf.in
REPORTS := $(wildcard sql/reports/*.sql)
MONITORING := $(wildcard httpd-conf/monitoring/*)
UNITS := $(wildcard sync/*.service sync/*.timer sync/*.path fcgi/*.service \
	fcgi/*.socket)

# file:path:mode of everything that is installed beside the programs.
SHARE := $(datadir)/thv-registry
to_directory = $(foreach f,$(1),$(f):$(2)/$(notdir $(f)):$(3))
INSTALLED := $(foreach m,$(MANUALS), \
	    $(call to_directory,$(m),$(mandir)/man$(subst .,,$(suffix $(m))),644)) \
	$(call to_directory,$(SERVER_SCRIPTS),$(libexecdir)/thv-registry,755) \
	$(call to_directory,$(SERVER_FILES) sync/thv-registry-sync.cron,$(SHARE),644) \
	$(call to_directory,$(REPORTS),$(SHARE)/reports,644) \
	$(call to_directory,$(MONITORING),$(SHARE)/monitoring,644) \
	$(call to_directory,$(UNITS),$(systemdsystemunitdir),644) \
	sync/example/config.yaml.in:$(SHARE)/config.yaml:644 \
	sync/thv-registry.sysusers:$(sysusersdir)/thv-registry.conf:644 \
	sync/thv-registry.tmpfiles:$(tmpfilesdir)/thv-registry.conf:644

# The files name directories by their defaults.
with_directories = sed -e 's|/usr/local/bin/|$(bindir)/|g' \
	-e 's|/usr/local/share/thv-registry|$(SHARE)|g' \
	-e 's|/usr/local/libexec/thv-registry|$(libexecdir)/thv-registry|g' \
	-e 's|/etc/thv-registry|$(sysconfdir)/thv-registry|g' \
	-e 's|/var/lib/thv-registry|$(localstatedir)/lib/thv-registry|g' \
	-e 's|/var/cache/thv-registry|$(localstatedir)/cache/thv-registry|g' \
	-e 's|/run/thv-registry|$(runstatedir)/thv-registry|g' \
	-e 's|^conf=.*|conf=$(SHARE)|' \
	-e "s|'.PWD'/admin-cgi|$(libexecdir)/thv-registry/admin-cgi|"

# A rename replaces the program in one step: install(1) removes the old one
# first, and a web server that starts a program at that moment finds none.
install_program = install -m 755 $(1) '$(2)/.$(notdir $(1)).new' && \
	mv -f '$(2)/.$(notdir $(1)).new' '$(2)/$(notdir $(1))'

# The programs are installed in the order of their names, the sync last: it
# moves the database to a new schema, which the others must know by then.
.PHONY: install
install: all ## install into $(DESTDIR)$(PREFIX); bindir=, mandir=, ... see the top
	install -d '$(DESTDIR)$(bindir)'
	$(foreach p,$(sort $(PROGRAMS)),$(call install_program,$(strip \
	    )$(p),$(DESTDIR)$(bindir)) &&) true
	@for f in $(INSTALLED); do \
	    IFS=: read -r from to mode <<< "$$f"; \
	    echo "install -m $$mode $$from $(DESTDIR)$$to"; \
	    to=$(DESTDIR)$$to; install -d "$${to%/*}" && \
	    $(with_directories) "$$from" > "$$to.new" && \
	    chmod "$$mode" "$$to.new" && mv -f "$$to.new" "$$to" || exit; \
	done

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(patsubst %,'$(DESTDIR)$(bindir)/%',$(notdir $(PROGRAMS))) \
	    $(foreach f,$(INSTALLED),'$(DESTDIR)$(word 2,$(subst :, ,$(f)))')
	-rmdir '$(DESTDIR)$(SHARE)/reports' '$(DESTDIR)$(SHARE)/monitoring' \
	    '$(DESTDIR)$(SHARE)' '$(DESTDIR)$(libexecdir)/thv-registry'

.PHONY: dist
dist: ## a tarball of the committed tree in build/
	@mkdir -p build
	git archive --prefix=mcp-registry-$(PROGRAM_VERSION)/ \
	    -o build/mcp-registry-$(PROGRAM_VERSION).tar.gz HEAD

# A false positive of gcc's analyzer: memory that pool.c hands out from behind a
# header.  At -O1 it also knows too little of the arguments of snprintf().
$(BUILD)/analyzed/lib/db/pool.o: TOLERATED := -Wno-analyzer-malloc-leak
$(BUILD)/analyzed/%.o: %.c $(BUILD)/gen/sql.c $(BUILD)/gen/commit.h \
		$(BUILD)/gen/directories.h .clang-tidy
	$(call say,CHECK,$<)mkdir -p $(@D) && \
	gcc $(ALL_CFLAGS) -O1 \
	    -Wno-format-truncation -fanalyzer -Werror $(TOLERATED) -c $< -o $@ && \
	clang-tidy --quiet $< -- -std=c11 $(DEFINES) -I. -I$(BUILD)/gen \
	    2>$@.log || \
	    { cat $@.log >&2; rm -f $@; exit 1; }

.PHONY: analyze
analyze: check-packages ## gcc's and clang's static analyzers (about 3 minutes)
	@.ci/need clang-tidy
	@$(MAKE) --no-print-directory $(patsubst %.c,$(BUILD)/analyzed/%.o, \
	    $(LIB_SRC) $(STORE_SRC) $(SYNC_SRC) $(FCGI_SRC) $(MAINS))

# Programs write their coverage at exit, as any user; the sandbox would forbid
# that, and a killed program writes nothing.
COVER := BUILD=build/cover CFLAGS='-O0 -g --coverage -fprofile-update=atomic' \
	LDFLAGS=--coverage

.PHONY: cover
cover: check-packages ## lines and branches that tests reach (build/cover/report.txt)
	@.ci/need gcovr
	@$(MAKE) --no-print-directory $(COVER) all $(UNIT_TESTS:$(BUILD)/%=build/cover/%)
	@find build/cover -name '*.gcda' -delete; \
	find build/cover -type d -exec chmod a+rwx {} +
	-@umask 0; THV_REGISTRY_SANDBOX=off $(MAKE) --no-print-directory $(COVER) test
	@gcovr --root . --object-directory build/cover --filter lib/ --filter sync/ \
	    --filter fcgi/ --exclude-throw-branches -j 2 --print-summary \
	    -o build/cover/report.txt build/cover

.PHONY: sbom
sbom: all ## the libraries that are linked, as CycloneDX, in build/sbom.json
	@packaging/sbom $(PROGRAM_VERSION) $(PROGRAMS) > $(BUILD)/sbom.json && \
	    echo "$(BUILD)/sbom.json"

# ---- the source itself --------------------------------------------------------

C_FILES := $(wildcard lib/*.[ch] lib/*/*.[ch] sync/*.[ch] sync/*/*.[ch] \
	sync/*/*/*.[ch] fcgi/*.[ch] fcgi/*/*.[ch] bench/*.[ch] \
	tests/*.[ch] tests/*/*.[ch])

# Other versions of clang-format break lines elsewhere.
CLANG_FORMAT := 14

.PHONY: lint
lint: check-packages ## compilers' warnings, style, boundaries, static analysis
	@$(MAKE) --no-print-directory BUILD=build/lint-gcc CC=gcc WERROR=-Werror \
	    all build/lint-gcc/others >/dev/null
	@$(MAKE) --no-print-directory BUILD=build/lint-clang CC=clang \
	    WERROR=-Werror all build/lint-clang/others >/dev/null
	@case "$$(clang-format --version)" in \
	*version\ $(CLANG_FORMAT).*) \
	    clang-format --dry-run -Werror $(C_FILES) ;; \
	*) echo "style not checked: it takes clang-format $(CLANG_FORMAT)" >&2 ;; \
	esac
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability \
	    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
	    -I. -Ibuild/lint-gcc/gen lib sync fcgi bench
	@tests/lint
	@shellcheck .ci/run .ci/need .ci/root fcgi/front/embed \
	    httpd-conf/run httpd-conf/serve httpd-conf/admin-cgi

.PHONY: $(BUILD)/others
$(BUILD)/others: $(UNIT_TESTS) $(FUZZ_REPLAYS) $(BENCH_PROGRAMS)

.PHONY: fmt
fmt: ## format the C files
	@clang-format -i $(C_FILES)

.SECONDARY:
# None of build/run: what is fetched there may have any name.
-include $(shell [ -d $(BUILD) ] && \
    find $(BUILD) -path $(BUILD)/run -prune -o -name '*.d' -type f -print)

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  %-12s %s\n", $$1, $$2 }' \
	    Makefile
