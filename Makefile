# SPDX-License-Identifier: Apache-2.0
# Doorward. `make help` lists what can be made. All output goes under build/ and var/.

SHELL       := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS   += --no-builtin-rules --no-print-directory

B           ?= build
CC          ?= gcc
PREFIX      ?= /usr/local
VERSION     := $(shell sed -n 's/^#define DW_VERSION "\(.*\)"/\1/p' core/doorward.h)

# -- What is compiled how -------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wundef -Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 \
            -Wvla -Walloca -Wswitch-enum -Wnull-dereference -Wimplicit-fallthrough \
            -Wframe-larger-than=8192 -Werror
HARDENING := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPTIMIZE ?= -O2 -g
CFLAGS   := -std=c11 $(OPTIMIZE) $(WARNINGS) $(HARDENING) -fPIC -fvisibility=hidden -MMD -MP $(SANITIZE)
LDFLAGS  := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed $(SANITIZE)

# The folders, and which others each may include: arrows point down only.
FOLDERS      := core edge config store issuer server cli
USES_core    := core
USES_edge    := core edge
USES_config  := core config
USES_store   := core store
USES_issuer  := core store issuer
USES_server  := core edge config store issuer server
USES_cli     := core edge config store issuer server cli

LIBS_core   := -lcrypto
LIBS_all    := -lmicrohttpd -lcurl -lsqlite3 -llmdb -lyaml -lcrypto -lpthread

# -- The program and the library ------------------------------------------------------------------

.PHONY: all
all: $(B)/doorward $(B)/libdoorward.a $(B)/libdoorward.so $(B)/doorward.pc nginx-module

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

# From the top of the drawing to its bottom, so that the linker finds what each needs below it.
ARCHIVES := $(foreach f,cli server issuer store config edge core,$(B)/lib$(f).a)

$(B)/doorward: $(ARCHIVES)
	@echo "  LD    $@"
	@$(CC) -pie $(ARCHIVES) $(LDFLAGS) $(LIBS_all) -o $@

$(B)/libdoorward.a: $(B)/libcore.a
	@cp $< $@

$(B)/libdoorward.so: $(B)/libcore.a
	@echo "  LD    $@"
	@$(CC) -shared -Wl,-soname,libdoorward.so.0 -Wl,--whole-archive $< -Wl,--no-whole-archive \
	    $(LDFLAGS) $(LIBS_core) -o $@

# -- Tests in C -----------------------------------------------------------------------------------

UNIT_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(sort $(wildcard tests/test_*.c)))

$(B)/tests/%: tests/%.c $(ARCHIVES) | $(B)/.ready
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	@$(CC) $(CFLAGS) -D_GNU_SOURCE $(addprefix -I,$(FOLDERS)) -Itests $< $(ARCHIVES) $(LDFLAGS) \
	    -lcmocka $(LIBS_all) -o $@

$(B)/.ready:
	@mkdir -p $(B) && touch $@

.PHONY: clean
clean:
	rm -rf $(B)
