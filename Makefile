# SPDX-License-Identifier: MIT
# The one makefile: non-recursive, out of tree in B. `make` builds, `make check` tests, `make demo` shows.

B      ?= build
V      ?= 0
PREFIX ?= /usr/local
CC     ?= cc
# 1: fpolicyc needs no library and no loader at run time, so none can change what it writes; 0: the usual way.
STATIC ?= 1
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
LIBS         := -ljansson -lnettle -lseccomp
ALL_LDFLAGS  := $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN))

Q := $(if $(filter 1,$(V)),,@)
say = @$(if $(filter 1,$(V)),true,printf '  %-7s %s\n' $(1) $(2))

GEN := $(B)/gen/tables.inc $(B)/gen/targets.inc $(B)/gen/library.inc $(B)/gen/selinux.inc $(B)/gen/lint.inc \
	$(B)/gen/lex.h $(B)/gen/parse.tab.h

lib_src := $(wildcard compiler/base/*.c compiler/front/*.c compiler/sema/*.c compiler/ir/*.c \
	compiler/target/*.c compiler/analysis/*.c compiler/verify/*.c compiler/bundle/*.c compiler/merge/*.c compiler/*.c backends/*.c backends/*/*.c)
lib_obj := $(lib_src:%.c=$(B)/%.o) $(B)/gen/lex.o $(B)/gen/parse.tab.o
cmd_src := $(wildcard compiler/cmd/*.c)
cmd_obj := $(cmd_src:%.c=$(B)/%.o)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all
all: $(B)/fpolicyc $(B)/libfpolicy.a

$(B)/fpolicyc: $(cmd_obj) $(B)/libfpolicy.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(if $(SAN),,$(if $(filter 1,$(STATIC)),-static-pie)) -o $@ $^ $(LIBS)

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
lint_pages := $(sort $(wildcard docs/lint/*.md))
$(B)/gen/lint.inc: $(B)/gen/fp-embed $(lint_pages)
	$(call say,GEN,$@)
	$(Q)$< $(foreach f,$(lint_pages),$(patsubst docs/lint/%.md,%,$f)=$f) > $@

$(B)/gen/lex.c $(B)/gen/lex.h &: grammar/policy.l
	$(call say,FLEX,$<)
	$(Q)mkdir -p $(@D) && $(FLEX) --header-file=$(B)/gen/lex.h -o $(B)/gen/lex.c $<
$(B)/gen/parse.tab.c $(B)/gen/parse.tab.h &: grammar/policy.y grammar/keywords.def
	$(call say,BISON,$<)
	$(Q)mkdir -p $(@D) && $(BISON) -Wall -Wcounterexamples -Werror --defines=$(B)/gen/parse.tab.h \
		-o $(B)/gen/parse.tab.c $<

# ---- packages: only what is missing is asked for, so a second run needs no network ----

BUILD_PACKAGES := bison busybox-static flex gcc libc6-dev libjansson-dev libseccomp-dev nettle-dev runc
CHECK_PACKAGES := $(BUILD_PACKAGES) apparmor binutils checkpolicy clang clang-format-14 crun fish g++ git iproute2 libapparmor-dev \
	libclang-rt-14-dev libcmocka-dev libselinux1-dev libsepol-dev libz3-dev mandoc nftables openssh-client pkgconf systemd \
	python3-jsonschema secilc selinux-policy-default shellcheck strace zsh

.PHONY: deps deps-check
deps:
	@tests/lib/packages $(BUILD_PACKAGES)
deps-check:
	@tests/lib/packages $(CHECK_PACKAGES)

# ---- the two commands of README ----

.PHONY: demo
demo: deps
	@$(MAKE) -j$(JOBS) --no-print-directory all
	@tests/demo $(B)/fpolicyc

# ---- tests ----

unit := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
# A consumer is a program with a main; apparmor_exact has a second file.
consumers := $(filter-out apparmor_blob,$(patsubst tests/consumers/%.c,%,$(wildcard tests/consumers/*.c)))
programs := $(unit:%=$(B)/tests/unit/test_%) $(consumers:%=$(B)/tests/consumers/%)
TEST_LIBS := -lcmocka -lselinux -lsepol -lapparmor

$(B)/tests/consumers/apparmor_exact: tests/consumers/apparmor_blob.c
$(B)/tests/unit/test_decide_z3: TEST_LIBS += -lz3
$(programs): $(B)/tests/%: tests/%.c $(B)/libfpolicy.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ \
		$(filter %.c,$^) $(B)/libfpolicy.a $(TEST_LIBS) $(LIBS)

# The allocation test wraps the library's allocators; the fuzzers are clang's, with the whole library in one build.
WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc
$(B)/tests/oom/oom: tests/oom/oom.c $(B)/libfpolicy.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(WRAP) -MMD -MP -MF $@.d -o $@ $< \
		$(B)/libfpolicy.a $(LIBS)

fuzzers := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))
$(fuzzers): $(B)/tests/fuzz/%: tests/fuzz/%.c $(B)/libfpolicy.a
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $< \
		$(B)/libfpolicy.a $(LIBS)
.PHONY: fuzz-programs
fuzz-programs: $(fuzzers)
FUZZ_FLAGS := B=$(B)/fuzz CC=clang CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' SAN=address,undefined

# Every example compiled, for those who read artifacts.
examples := $(patsubst policies/examples/%.policy,%,$(wildcard policies/examples/*.policy))
$(B)/out/%/manifest.json: policies/examples/%.policy $(B)/fpolicyc
	$(Q)mkdir -p $(B)/out && $(B)/fpolicyc $< -q -o $(B)/out/$*

.PHONY: test-programs outputs
test-programs: $(programs)
outputs: $(examples:%=$(B)/out/%/manifest.json)

# The sanitized build also has the shrunken limits, so that growth and long jumps run in every test.
SAN_FLAGS := SAN=address,undefined CFLAGS='-O1 -g' \
	CPPFLAGS='-DFP_ARENA_CHUNK=64 -DFP_INTERN_BUCKETS=2 -DFP_CBPF_REACH=3u'
LIMIT ?= 300
# Builds of demo and check use every processor.
JOBS ?= $(shell nproc)

# name=command, one a suite; tests/run counts them. ASan runs the units; real consumers get the plain build.
suites = $(foreach t,$(unit),'unit/$(t)=$(B)/asan/tests/unit/test_$(t)') \
	'lang/grammar=tests/lang/check-grammar' \
	'ui=tests/run-ui $(B)/asan/fpolicyc' \
	'lint=tests/run-lint $(B)/fpolicyc' \
	'golden=tests/run-golden $(B)/fpolicyc' \
	'repro=tests/cli/repro.sh $(B)/O0/fpolicyc $(B)/clang/fpolicyc' \
	$(foreach t,$(filter-out repro,$(patsubst tests/cli/%.sh,%,$(wildcard tests/cli/*.sh))), \
		'cli/$(t)=tests/cli/$(t).sh $(B)/fpolicyc') \
	'checks/layers=tests/check-layers' \
	'checks/globals=tests/check-globals $(B)/libfpolicy.a' \
	'checks/tables=tests/check-tables' \
	'checks/format=tests/check-format' \
	'tables/constants=tests/tables/check-constants.sh schemas/tables x86_64 $(CC)' \
	'tables/refusals=tests/tables/check-refusals.sh $(B)/gen/fp-gen schemas/tables' \
	'consumers/apparmor_parser=tests/consumers/apparmor.sh $(examples:%=$(B)/out/%)' \
	'consumers/apparmor-exact=rm -rf $(B)/aa && mkdir -p $(B)/aa && $(B)/tests/consumers/apparmor_exact $(B)/aa policies/examples/*.policy' \
	'consumers/selinux=$(B)/tests/consumers/selinux' \
	'consumers/nft=$(B)/tests/consumers/nft $(B)/out/*/*/nftables/*.nft' \
	'consumers/cgroup=$(B)/tests/consumers/cgroup $(B)/out/*/*/cgroup2' \
	'consumers/runtimes=tests/consumers/runtime.sh $(B)/fpolicyc' \
	'lab/bad-input=tests/lab/bad-input $(B)/fpolicyc' \
	'consumers/mutants=$(B)/tests/consumers/mutants $(wildcard golden/*/*/seccomp/*.bpf)' \
	'kernel/witness=tests/kernel/witness.sh $(B)/fpolicyc $(B)/tests/consumers/witness' \
	'kernel/decisions=tests/kernel/decisions.sh $(B)/fpolicyc $(examples:%=$(B)/out/%)' \
	'policies/lab-container=tests/policies/lab-container.sh $(B)/fpolicyc' \
	'oom=$(B)/asan/tests/oom/oom 80x $(oom_short)' \
	'fuzz=tests/fuzz/run $(B)/fuzz $(B)/fpolicyc 4 short'

.PHONY: check
check: deps-check
	@$(MAKE) -j$(JOBS) --no-print-directory WERROR=1 all test-programs outputs
	@$(MAKE) -j$(JOBS) --no-print-directory B=$(B)/asan $(SAN_FLAGS) all test-programs $(B)/asan/tests/oom/oom
	@$(MAKE) -j$(JOBS) --no-print-directory $(FUZZ_FLAGS) fuzz-programs
	@$(MAKE) -j$(JOBS) --no-print-directory WERROR=1 B=$(B)/clang CC=clang CFLAGS=-O2 all
	@$(MAKE) -j$(JOBS) --no-print-directory WERROR=1 B=$(B)/O0 CFLAGS=-O0 all
	@tests/run $(B)/logs $(LIMIT) $(suites)

# Every allocation fails once, by sampling for OOM_SECONDS; check has the same 80 of each step, of few policies.
oom_short := policies/examples/lab.policy tests/ui/names/sets.policy tests/ui/calls/conditions.policy \
	tests/ui/proofs/within.policy
OOM_SECONDS ?= 60
.PHONY: oom
oom: all
	@$(MAKE) -j$(JOBS) --no-print-directory B=$(B)/asan $(SAN_FLAGS) all $(B)/asan/tests/oom/oom
	@tests/run $(B)/logs 600 'oom=$(B)/asan/tests/oom/oom $(OOM_SECONDS) policies/examples/lab.policy $(wildcard tests/ui/*/*.policy)'

# A minute for each decoder and the compiler itself; check has four seconds, from fewer seeds.
FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: deps-check all
	@$(MAKE) -j$(JOBS) --no-print-directory $(FUZZ_FLAGS) fuzz-programs
	@tests/fuzz/run $(B)/fuzz $(B)/fpolicyc $(FUZZ_SECONDS)

.PHONY: bless
bless: all
	@tests/run-ui $(B)/fpolicyc --bless | grep -A5 '^not ok' || :
	@tests/run-golden $(B)/fpolicyc --bless

# ---- the kernel lab: docs/lab.md ----

QUICK_PACKAGES := binutils gcc libc6-dev qemu-system-x86 secilc xz-utils
LAB_PACKAGES := $(QUICK_PACKAGES) gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm

# Programs of the guests, static, for the machines the lab has kernels of.
lab_programs := $(filter-out cpio,$(patsubst tests/lab/%.c,%,$(wildcard tests/lab/*.c))) escape
LAB_CC_amd64 := x86_64-linux-gnu-gcc
LAB_CC_arm64 := aarch64-linux-gnu-gcc
probe_src := tests/lab/probe.c $(wildcard tests/lab/probe/*.c) compiler/cmd/catcher.c compiler/cmd/probe_line.c
define lab_rules
$(B)/lab/$(1)/probe: $(probe_src) tests/lab/probe/probe.h compiler/cmd/catcher.h compiler/analysis/probes.def
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(LAB_CC_$(1)) -D_GNU_SOURCE -std=gnu11 -O2 $$(WARN) $$(if $$(WERROR),-Werror) -Icompiler \
		-static -o $$@ $(probe_src)
$(B)/lab/$(1)/escape: $(wildcard tests/escape/*.c) tests/escape/escape.h tests/escape/escape.def
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(LAB_CC_$(1)) -D_GNU_SOURCE -std=gnu11 -O2 $$(WARN) $$(if $$(WERROR),-Werror) \
		-static -o $$@ $$(filter %.c,$$^)
$(B)/lab/$(1)/%: tests/lab/%.c
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(LAB_CC_$(1)) -D_GNU_SOURCE -std=gnu11 -O2 $$(WARN) $$(if $$(WERROR),-Werror) -static -o $$@ $$<
endef
lab_machines := $(foreach a,amd64 arm64,$(if $(shell command -v $(LAB_CC_$(a))),$(a)))
$(foreach a,amd64 arm64,$(eval $(call lab_rules,$(a))))
$(B)/lab/cpio: tests/lab/cpio.c
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -D_GNU_SOURCE -std=gnu11 -O2 $(WARN) -o $@ $<

# What is missing is asked for; what cannot be had is skipped by the lab itself, with the reason.
.PHONY: lab lab-quick lab-deps lab-quick-deps lab-programs
lab-deps:
	@tests/lib/packages $(LAB_PACKAGES) || :
lab-quick-deps:
	@tests/lib/packages $(QUICK_PACKAGES) || :
lab-programs: all $(B)/lab/cpio \
	$(foreach a,$(lab_machines),$(lab_programs:%=$(B)/lab/$(a)/%))
lab: lab-deps deps
	@$(MAKE) -j$(JOBS) --no-print-directory lab-programs
	@tests/lab/lab $(B) $(LAB_SUITES)
lab-quick: lab-quick-deps deps
	@$(MAKE) -j$(JOBS) --no-print-directory lab-programs
	@KERNEL=debian-12 tests/lab/lab $(B) truth acts layers mutants runtimes

# ---- benchmarks: docs/bench.md ----

$(B)/tests/bench/measure: tests/bench/measure.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -D_GNU_SOURCE $(ALL_CFLAGS) -o $@ $<

$(B)/tests/bench/filters: $(wildcard tests/bench/filters.[ch]) tests/bench/libseccomp.c tests/bench/optimum.c \
	tests/bench/time.c tests/unit/seccomp_vm.h $(B)/libfpolicy.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c,$^) \
		$(B)/libfpolicy.a -lseccomp $(LIBS)

.PHONY: bench bench-filters
bench-filters: all $(B)/tests/bench/filters
	@tests/bench/run-filters $(B)/tests/bench/filters $(B)/bench
bench: all $(B)/tests/bench/measure bench-filters
	@tests/bench/run $(B)/fpolicyc $(B)/tests/bench/measure policies/examples/lab.policy $(B)/bench

# ---- installation ----

.PHONY: install
install: all $(B)/libfpolicy.so
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man3 \
		$(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/fpolicy/schemas \
		$(DESTDIR)$(PREFIX)/share/fpolicy/targets $(DESTDIR)$(PREFIX)/share/fpolicy/examples
	install -m 755 $(B)/fpolicyc $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(B)/libfpolicy.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(B)/libfpolicy.so $(DESTDIR)$(PREFIX)/lib/libfpolicy.so.$(VERSION)
	ln -sf libfpolicy.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libfpolicy.so.0
	ln -sf libfpolicy.so.0 $(DESTDIR)$(PREFIX)/lib/libfpolicy.so
	sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g' compiler/libfpolicy.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/libfpolicy.pc
	install -m 644 compiler/libfpolicy.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 docs/fpolicyc.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/libfpolicy.3 $(DESTDIR)$(PREFIX)/share/man/man3/
	install -m 644 docs/fpolicy.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 644 docs/completions/fpolicyc.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/fpolicyc
	install -m 644 docs/completions/_fpolicyc $(DESTDIR)$(PREFIX)/share/zsh/site-functions/
	install -m 644 docs/completions/fpolicyc.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/
	install -m 644 schemas/json/*.json $(DESTDIR)$(PREFIX)/share/fpolicy/schemas/
	install -m 644 schemas/targets/*.target $(DESTDIR)$(PREFIX)/share/fpolicy/targets/
	install -m 644 policies/examples/*.policy $(DESTDIR)$(PREFIX)/share/fpolicy/examples/

# Only what libfpolicy.h declares is exported: libfpolicy.map.
$(B)/libfpolicy.so: $(lib_obj) compiler/libfpolicy.map
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -shared -Wl,-soname,libfpolicy.so.0 \
		-Wl,--version-script=compiler/libfpolicy.map -o $@ $(lib_obj) $(LIBS)

.PHONY: clean
clean:
	rm -rf $(B)

-include $(lib_obj:.o=.d) $(cmd_obj:.o=.d) $(programs:%=%.d)
