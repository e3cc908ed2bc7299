# SPDX-License-Identifier: MIT
# The one makefile: non-recursive, out of tree in B. `make` builds, `make check` tests, `make demo` shows.

B      ?= build
V      ?= 0
PREFIX ?= /usr/local
CC     ?= cc
FLEX   ?= flex
BISON  ?= bison

VERSION := 0.2.0

# CFLAGS, CPPFLAGS, LDFLAGS belong to the user; WERROR=1 is ours (make check sets it).
CFLAGS  ?= -O2 -g
HARDEN  ?= -fstack-protector-strong -fPIC
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wswitch-enum -Wcast-qual -Wformat=2 \
	-Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wimplicit-fallthrough
ALL_CPPFLAGS := -D_GNU_SOURCE -Icompiler -I. -I$(B)/gen -DFP_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS   := -std=gnu11 $(WARN) $(if $(WERROR),-Werror) $(HARDEN) -ffile-prefix-map=$(CURDIR)/= $(CFLAGS) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LIBS         := -ljansson -lnettle
ALL_LDFLAGS  := $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))

Q := $(if $(filter 1,$(V)),,@)
say = @$(if $(filter 1,$(V)),true,printf '  %-7s %s\n' $(1) $(2))

GEN := $(B)/gen/tables.inc $(B)/gen/targets.inc $(B)/gen/library.inc $(B)/gen/selinux.inc \
	$(B)/gen/lex.h $(B)/gen/parse.tab.h

lib_src := $(wildcard compiler/base/*.c compiler/front/*.c compiler/sema/*.c compiler/ir/*.c \
	compiler/target/*.c compiler/bundle/*.c compiler/merge/*.c compiler/*.c backends/*.c backends/*/*.c)
lib_obj := $(lib_src:%.c=$(B)/%.o) $(B)/gen/lex.o $(B)/gen/parse.tab.o
cmd_src := $(wildcard compiler/cmd/*.c)
cmd_obj := $(cmd_src:%.c=$(B)/%.o)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all
all: $(B)/fpolicyc $(B)/libfpolicy.a

$(B)/fpolicyc: $(cmd_obj) $(B)/libfpolicy.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/libfpolicy.a: $(lib_obj)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(B)/%.o: %.c | $(GEN)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The generated skeletons are not ours to mend.
$(B)/gen/%.o: $(B)/gen/%.c | $(GEN)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -Wno-conversion -Wno-sign-conversion -Wno-switch-enum -Wno-cast-qual \
		-Wno-missing-prototypes -MMD -MP -c -o $@ $<

# Tables: schemas/ -> C, by host programs.
tables := $(wildcard schemas/tables/*.tsv)
$(B)/gen/fp-%: schemas/gen/%.c
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O1 $(WARN) -o $@ $<
gen_src := schemas/gen/gen.c schemas/gen/tsv.c $(sort $(wildcard schemas/gen/gen_*.c))
$(B)/gen/fp-gen: $(gen_src) schemas/gen/gen.h schemas/gen/tsv.h
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O1 $(WARN) -o $@ $(filter %.c,$^)
$(B)/gen/fp-gen-selinux: schemas/gen/gen-selinux.c schemas/gen/tsv.c schemas/gen/tsv.h
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O1 $(WARN) -o $@ $(filter %.c,$^)
$(B)/gen/tables.inc: $(B)/gen/fp-gen $(tables)
	$(call say,GEN,$@)
	$(Q)$< schemas/tables > $@
$(B)/gen/selinux.inc: $(B)/gen/fp-gen-selinux $(tables)
	$(call say,GEN,$@)
	$(Q)$< schemas/tables > $@
targets := $(sort $(wildcard schemas/targets/*.target schemas/targets/apparmor/*.features))
$(B)/gen/targets.inc: $(B)/gen/fp-embed $(targets)
	$(call say,GEN,$@)
	$(Q)$< $(foreach f,$(targets),$(patsubst %.target,%,$(f:schemas/targets/%=%))=$(f)) > $@
library := $(sort $(wildcard policies/lib/*.policy))
$(B)/gen/library.inc: $(B)/gen/fp-embed $(library)
	$(call say,GEN,$@)
	$(Q)$< $(foreach f,$(library),$(f:policies/lib/%=std/%)=$(f)) > $@

$(B)/gen/lex.c $(B)/gen/lex.h &: grammar/policy.l
	$(call say,FLEX,$<)
	$(Q)mkdir -p $(@D) && $(FLEX) --header-file=$(B)/gen/lex.h -o $(B)/gen/lex.c $<
$(B)/gen/parse.tab.c $(B)/gen/parse.tab.h &: grammar/policy.y grammar/keywords.def
	$(call say,BISON,$<)
	$(Q)mkdir -p $(@D) && $(BISON) -Wall -Wcounterexamples -Werror --defines=$(B)/gen/parse.tab.h \
		-o $(B)/gen/parse.tab.c $<

# ---- packages: only what is missing is asked for, so a second run needs no network ----

BUILD_PACKAGES := bison busybox-static flex gcc libc6-dev libjansson-dev nettle-dev runc
CHECK_PACKAGES := $(BUILD_PACKAGES) apparmor checkpolicy clang clang-format-14 crun iproute2 libapparmor-dev \
	libclang-rt-14-dev libcmocka-dev libseccomp-dev libselinux1-dev libsepol-dev mandoc nftables \
	python3-jsonschema secilc selinux-policy-default shellcheck strace

.PHONY: deps deps-check
deps:
	@tests/lib/packages $(BUILD_PACKAGES)
deps-check:
	@tests/lib/packages $(CHECK_PACKAGES)

# ---- the two commands of README ----

.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory all
	@tests/demo $(B)/fpolicyc

# ---- tests ----

unit_src := $(wildcard tests/unit/test_*.c)
unit_bin := $(unit_src:tests/unit/%.c=$(B)/tests/%)
TEST_LIBS := -lcmocka -lseccomp -lselinux -lsepol -lapparmor

$(B)/tests/%: tests/unit/%.c $(B)/libfpolicy.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< \
		$(B)/libfpolicy.a $(TEST_LIBS) $(LIBS)

.PHONY: test-programs
test-programs: $(unit_bin) $(consumer_bin)

SAN_FLAGS := SAN=address,undefined CFLAGS='-O1 -g'
LIMIT ?= 300

.PHONY: check
check: deps-check
	@$(MAKE) --no-print-directory WERROR=1 all test-programs
	@$(MAKE) --no-print-directory WERROR=1 B=$(B)/asan $(SAN_FLAGS) all test-programs
	@$(MAKE) --no-print-directory WERROR=1 B=$(B)/clang CC=clang CFLAGS=-O2 all
	@$(MAKE) --no-print-directory B=$(B)/O0 CFLAGS=-O0 all
	@tests/run $(B)/logs $(LIMIT) \
		$(foreach t,$(unit_src:tests/unit/test_%.c=%),'unit/$(t)=$(B)/asan/tests/test_$(t)') \
		$(call suites)

-include $(lib_obj:.o=.d) $(cmd_obj:.o=.d)
