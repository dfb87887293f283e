# SPDX-License-Identifier: Apache-2.0
# Doorward. `make help` lists what can be made. All output goes under build/ and var/.

SHELL       := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS   += --no-builtin-rules --no-print-directory

B           ?= build
PREFIX      ?= /usr/local
VERSION     := $(shell sed -n 's/^#define DW_VERSION "\(.*\)"/\1/p' core/doorward.h)
ifeq ($(origin CC),default)
CC          := gcc
endif

# As many jobs as there are processors, unless make was told how many.
JOBS         = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# -- What is compiled how -------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wundef -Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 \
            -Wvla -Walloca -Wswitch-enum -Wnull-dereference -Wimplicit-fallthrough \
            -Wframe-larger-than=8192 -Werror
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPTIMIZE ?= -O2 -g
ifdef SANITIZE # which grows every frame, misleads warnings, and does what _FORTIFY_SOURCE would
WARNINGS  := -w
HARDENING :=
OPTIMIZE  := -O1 -g -fno-omit-frame-pointer
endif
CFLAGS   := -std=c11 $(OPTIMIZE) $(WARNINGS) $(HARDENING) -fPIC -fvisibility=hidden -MMD -MP \
            $(SANITIZE) $(EXTRA)
LDFLAGS  := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed $(SANITIZE)

# The folders, and which others each may include: arrows point down only.
FOLDERS      := core edge config store issuer server doctor cli
USES_core    := core
USES_edge    := core edge
USES_config  := core config
USES_store   := core store
USES_issuer  := core store issuer
USES_server  := core edge config store issuer server
USES_doctor  := core doctor
USES_cli     := core edge config store issuer server doctor cli

LIBS_core   := -lcrypto
# Where the sanitizers stand in for crypt_r(3), nobody seems to need the library they hand it on to.
CRYPT       := -Wl,--push-state,--no-as-needed -lcrypt -Wl,--pop-state
LIBS_all    := -lmicrohttpd -lcurl -lsqlite3 -llmdb -lyaml -largon2 -lutf8proc $(CRYPT) -lcrypto -lpthread

# -- The program and the library ------------------------------------------------------------------

.PHONY: all
all: $(B)/doorward library nginx-module ## build the program, the library and the nginx module

.PHONY: library nginx-module
library: $(B)/libdoorward.a $(B)/libdoorward.so

sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(B)/obj/%.o,$(call sources,$(1)))

define FOLDER_RULES
$(B)/obj/$(1)/%.o: $(1)/%.c | $(B)/.ready
	@mkdir -p $$(@D)
	@echo "  CC    $$<"
	@$$(CC) $$(CFLAGS) -D_GNU_SOURCE $(addprefix -I,$(USES_$(1))) -c $$< -o $$@

$(B)/lib$(1).a: $$(call objects,$(1))
	@rm -f $$@ && ar rcs $$@ $$^
-include $$(patsubst %.o,%.d,$$(call objects,$(1)))
endef
$(foreach f,$(FOLDERS),$(eval $(call FOLDER_RULES,$(f))))

# What the assembler takes in.
$(B)/obj/cli/explain_assets.o: $(addprefix cli/explain_page.,css html js)

# From the top of the drawing to its bottom, so that the linker finds what each needs below it.
ARCHIVES := $(foreach f,cli doctor server issuer store config edge core,$(B)/lib$(f).a)

$(B)/doorward: $(ARCHIVES)
	@echo "  LD    $@"
	@$(CC) -pie $(ARCHIVES) $(LDFLAGS) $(LIBS_all) -o $@

$(B)/libdoorward.a: $(B)/libcore.a
	@cp $< $@

$(B)/libdoorward.so: $(B)/libcore.a
	@echo "  LD    $@"
	@$(CC) -shared -Wl,-soname,libdoorward.so.0 -Wl,--whole-archive $< -Wl,--no-whole-archive \
	    $(LDFLAGS) $(LIBS_core) -o $@

-include nginx/build.mk

$(B)/.ready:
	@command -v $(CC) >/dev/null || { echo "$(CC) is missing: packaging/need run installs it" >&2; exit 1; }
	@mkdir -p $(B) && touch $@

# -- Running --------------------------------------------------------------------------------------

.PHONY: run
run: ## install what is missing, build, and guard an example API on http://127.0.0.1:8401
	@packaging/need run
	@$(MAKE) $(JOBS) all
	@exec $(B)/doorward run --example --listen 127.0.0.1:8401 --data var

# -- Tests ----------------------------------------------------------------------------------------

UNIT_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(sort $(wildcard tests/test_*.c)))
TESTS      ?= $(filter-out tests/clean_tree.t,$(sort $(wildcard tests/*.t))) tests/clean_tree.t

# The test program's own folder is last: what it tests is built from the folders alone.
$(B)/tests/%: tests/%.c $(ARCHIVES) | $(B)/.ready
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	@$(CC) $(CFLAGS) -Wno-frame-larger-than -D_GNU_SOURCE $(addprefix -I,$(FOLDERS)) -Itests $< \
	    $(ARCHIVES) $(LDFLAGS) -lcmocka $(LIBS_all) -o $@
-include $(addsuffix .d,$(UNIT_TESTS))

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

# Programs of npm's that tests and benchmarks talk to. They are no part of Doorward.
build/npm/.ready: tests/e2e/package.json
build/npm-bench/.ready: bench/peers/package.json
build/npm/.ready build/npm-bench/.ready:
	@echo "  NPM   $<"
	@mkdir -p $(@D) && cp $< $(@D)/
	@npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel=error && touch $@

# Two at a time: half of a test's time is waiting.
.PHONY: test
test: ## install what is missing, build, and run every test (TESTS=tests/x.t for some)
	@packaging/need test
	@mkdir -p $(B) && git status --porcelain --untracked-files=all >$(B)/tree 2>/dev/null || rm -f $(B)/tree
	@$(MAKE) $(JOBS) all unit-tests build/npm/.ready
	@B=$(B) PYTHONDONTWRITEBYTECODE=1 prove -j2 --exec '' $(PROVE) \
	    $(if $(filter command line,$(origin TESTS)),,$(UNIT_TESTS)) $(TESTS)

SANITIZED := $(B)/sanitize

.PHONY: check-sanitize
check-sanitize: ## run the C tests and the nginx tests with AddressSanitizer and UBSan
	@packaging/need test
	@$(MAKE) $(JOBS) B=$(SANITIZED) SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all' \
	    all unit-tests build/npm/.ready
	@B=$(SANITIZED) PYTHONDONTWRITEBYTECODE=1 ASAN_OPTIONS=detect_leaks=1 prove -j2 --exec '' $(PROVE) \
	    $(patsubst $(B)/%,$(SANITIZED)/%,$(UNIT_TESTS)) \
	    $(filter-out tests/nginx_fast_path.t,$(sort $(wildcard tests/nginx_*.t)))

# -- Fuzzing --------------------------------------------------------------------------------------

FUZZERS      := $(patsubst fuzz/%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 20

FUZZED       := $(foreach f,doctor config edge core,$(B)/lib$(f).a) # those that parse

$(B)/fuzzers/%: fuzz/%.c $(FUZZED)
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(CC) $(CFLAGS) -fsanitize=fuzzer -D_GNU_SOURCE $(addprefix -I,$(FOLDERS)) $< $(FUZZED) \
	    $(LDFLAGS) $(LIBS_all) -o $@

# What is new goes under build/; the corpus in the tree is only read.
.PHONY: $(addprefix run-,$(FUZZERS))
$(addprefix run-,$(FUZZERS)): run-%: $(B)/fuzzers/%
	@mkdir -p $(B)/new/$* $(B)/findings
	@echo "  RUN   $* for $(FUZZ_SECONDS) s"
	@$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix=$(B)/findings/$*- $(B)/new/$* $(wildcard fuzz/corpus/$(*:fuzz_%=%)) \
	    >$(B)/$*.log 2>&1 || { tail -n 40 $(B)/$*.log; exit 1; }
	@tail -n 1 $(B)/$*.log

.PHONY: fuzz
fuzz: ## let libFuzzer loose on every parser for FUZZ_SECONDS=20 each
	@packaging/need lint
	@$(MAKE) $(JOBS) B=$(B)/fuzz CC=clang \
	    SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
	    $(addprefix run-,$(FUZZERS))

# -- Reading the source ---------------------------------------------------------------------------

SOURCES := $(foreach f,$(FOLDERS),$(call sources,$(f)))
HEADERS := $(sort $(foreach f,$(FOLDERS),$(wildcard $(f)/*.h)))
SCRIPTS := $(shell grep -lE '^.!/bin/(ba)?sh' .ci/run packaging/* tests/*.t tests/*.sh tests/e2e/*.sh 2>/dev/null)

.PHONY: lint
lint: ## read the source with gcc's analyzer, clang, clang-tidy, cppcheck, shellcheck and mandoc
	@packaging/need lint
	@$(MAKE) $(JOBS) lint-gcc lint-clang lint-tidy lint-cppcheck lint-shell lint-man

# gcc 12 loses sight of memory that a struct in an array owns; clang-tidy's analyzer looks for leaks.
ANALYZER := -fanalyzer -Wno-analyzer-malloc-leak

.PHONY: lint-gcc lint-clang lint-tidy lint-cppcheck lint-shell lint-man
lint-gcc:
	@$(MAKE) B=$(B)/lint-gcc EXTRA='-Wlogical-op -Wduplicated-cond -Wduplicated-branches $(ANALYZER)' \
	    $(ARCHIVES:$(B)/%=$(B)/lint-gcc/%)

lint-clang:
	@$(MAKE) B=$(B)/lint-clang CC=clang $(ARCHIVES:$(B)/%=$(B)/lint-clang/%)

lint-tidy: $(SOURCES:%.c=$(B)/lint-tidy/%.ok)

$(B)/lint-tidy/%.ok: %.c $(HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@echo "  TIDY  $<"
	@clang-tidy --quiet $< -- -std=c11 -D_GNU_SOURCE \
	    $(addprefix -I,$(USES_$(firstword $(subst /, ,$<)))) 2>$(@:.ok=.log) || { cat $(@:.ok=.log); exit 1; }
	@touch $@

lint-cppcheck:
	@echo "  CPPCHECK"
	@mkdir -p $(B)/lint-cppcheck
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --cppcheck-build-dir=$(B)/lint-cppcheck \
	    --enable=warning,performance,portability --suppress=missingIncludeSystem \
	    -D_GNU_SOURCE $(addprefix -I,$(FOLDERS)) $(SOURCES)

lint-shell:
	@echo "  SHELLCHECK"
	@shellcheck -x -P SCRIPTDIR $(SCRIPTS)

lint-man:
	@echo "  MANDOC"
	@mandoc -Tlint -Wwarning $(wildcard docs/man/*.[1-8])

.PHONY: format
format: ## lay the C files out as .clang-format says
	@packaging/need lint
	@clang-format -i $(SOURCES)

# -- Measuring ------------------------------------------------------------------------------------

BENCHES := $(patsubst %.c,$(B)/%,$(sort $(wildcard bench/*.c)))

$(B)/bench/%: bench/%.c $(B)/libedge.a $(B)/libcore.a
	@mkdir -p $(@D)
	@echo "  BENCH $<"
	@$(CC) $(CFLAGS) -D_GNU_SOURCE -Icore -Iedge $< $(B)/libedge.a $(B)/libcore.a $(LDFLAGS) -llmdb \
	    $(LIBS_core) -o $@
-include $(addsuffix .d,$(BENCHES))

.PHONY: bench
bench: ## measure the core, nginx with and without Doorward, and its peers (BENCH=quick: roughly)
	@packaging/need bench
	@$(MAKE) $(JOBS) all $(BENCHES) build/npm-bench/.ready
	@$(foreach b,core schemes edge,$(B)/bench/$(b) $(BENCH) &&) true
	@/usr/bin/python3 -B bench/run.py --build $(B) --npm build/npm-bench $(if $(BENCH),--$(BENCH))
	@/usr/bin/python3 -B bench/doctor.py --build $(B) $(if $(BENCH),--$(BENCH))

# -- Installing -----------------------------------------------------------------------------------

D = $(DESTDIR)$(PREFIX)

.PHONY: install
install: all ## copy program, library, module and manuals below DESTDIR and PREFIX=/usr/local
	install -d $(D)/bin $(D)/lib/pkgconfig $(D)/lib/doorward $(D)/include/doorward \
	    $(D)/share/doc/doorward/examples $(addprefix $(D)/share/man/man,1 3 5 7 8)
	install -m 755 $(B)/doorward $(D)/bin/
	install -m 644 $(B)/libdoorward.a $(D)/lib/
	install -m 755 $(B)/libdoorward.so $(D)/lib/libdoorward.so.0
	ln -sf libdoorward.so.0 $(D)/lib/libdoorward.so
	install -m 644 core/doorward.h core/doorward_parts.h core/reasons.def $(D)/include/doorward/
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' packaging/doorward.pc.in \
	    >$(D)/lib/pkgconfig/doorward.pc
	install -m 644 $(B)/nginx/ngx_http_doorward_module.so $(D)/lib/doorward/
	install -m 644 $(wildcard examples/*) $(D)/share/doc/doorward/examples/
	for page in $(wildcard docs/man/*.[13578]); do \
	    install -m 644 $$page $(D)/share/man/man$${page##*.}/ || exit 1; done

# -- Documents that are made ----------------------------------------------------------------------

.PHONY: docs
docs: $(B)/doorward ## write docs/reasons/, docs/causes/, docs/status/ and docs/man/doorward-status.7 anew from their tables
	@rm -f docs/reasons/*.md && $(B)/doorward reasons --pages docs/reasons
	@rm -f docs/causes/*.md && $(B)/doorward reasons --cause-pages docs/causes
	@rm -f docs/status/*.md && $(B)/doorward status --pages docs/status
	@$(B)/doorward status --manual >docs/man/doorward-status.7

# -- The rest -------------------------------------------------------------------------------------

.PHONY: clean
clean: ## remove everything built; data under var/ stays
	rm -rf $(B)

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
