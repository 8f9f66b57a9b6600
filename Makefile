# SPDX-License-Identifier: GPL-2.0-or-later
# The only makefile. `make help` lists what it does; V=1 shows every command.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif

# The user's: a distribution sets them (dpkg-buildflags), these are the same for everybody else.
CPPFLAGS ?= -D_FORTIFY_SOURCE=2
CFLAGS ?= -g -O2 -fPIE -fstack-protector-strong -fstack-clash-protection
LDFLAGS ?= -pie -Wl,-z,relro -Wl,-z,now

# Ours: what the code needs whatever the user sets.
WARNINGS := -Wall -Wextra -Wpedantic -Wformat=2 -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wswitch-enum -Wimplicit-fallthrough -Wcast-qual -Wwrite-strings -Wvla
FW_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Ifirewall-core -Ivif-taofw -Iblock-common $(WARNINGS)
FW_LDFLAGS := -Wl,--as-needed
LIBS := -liniparser -lmnl -lnftnl -lnetfilter_conntrack -ldl
# Loaded at run time by all, as `firewall` has to do without; what can't is linked to it, so that everybody sees that.
XEN_LIBS := -Wl,--no-as-needed -lxenstore -Wl,--as-needed
XL_LIBS := -lxlutil -lxenlight -lxentoollog
# One version of clang's tools, which both Debian 12 and 13 have: each of them has a taste and warnings of its own.
LLVM := 19
SANITIZE := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# gcc's two shared runtimes fight over log_path, and the reports of one get lost; clang's is one, and static.
SAN_LDFLAGS := $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan)

# What there is: firewall-core is a library and, in firewall/, the program `firewall`; vif-taofw a body and one main for
# each mode; block-common a body and a main; xl-taofw what `firewall` runs to ask libxenlight.
FIREWALL := $(wildcard firewall-core/firewall/*.c)
CORE := $(filter-out $(FIREWALL),$(wildcard firewall-core/*/*.c))
VIF_MAINS := $(wildcard vif-taofw/vif-*-taofw.c)
VIF := $(filter-out $(VIF_MAINS),$(wildcard vif-taofw/*.c))
BLOCK_MAINS := $(wildcard block-common/block-taofw.c)
BLOCK := $(filter-out $(BLOCK_MAINS),$(wildcard block-common/*.c block-common/*/*.c))
HOTPLUG := $(notdir $(basename $(VIF_MAINS) $(BLOCK_MAINS)))
XL := $(wildcard xl-taofw/xl-taofw.c)
PROGRAMS := $(if $(FIREWALL),firewall) $(HOTPLUG) $(XL:xl-taofw/%.c=%)

UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/t_*.c))
SHIM := $(wildcard tests/xenstored/shim.c)
AGREE := $(wildcard tests/agree/*.c)
TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(wildcard tests/tools/*.c)) \
	$(SHIM:tests/xenstored/%.c=$(BUILD)/tests/%.so) $(if $(AGREE),$(BUILD)/tests/agree)
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
# The hypervisor takes longest, so it starts first.
XEN := $(wildcard tests/xen.bats tests/xen-*.bats)
BATS := $(XEN) $(filter-out tests/xen.bats tests/xen-%,$(wildcard tests/*.bats))
# The policy is one: what shows it with packets of routed guests runs with every backend.
BACKENDS := iptables-restore iptables iptables-legacy
ROUTED := $(wildcard $(addprefix tests/,packets.bats spoof.bats shares.bats networks.bats nat.bats levels.bats))
BATS += $(foreach backend,$(BACKENDS),$(ROUTED:%=%:$(backend)))
BATS += $(patsubst %,%:iptables-restore,$(wildcard $(addprefix tests/,boot.bats window.bats route.bats routes.bats \
	sources.bats shared.bats parallel.bats begin.bats prefix.bats bridge-spoof.bats bridge-isolate.bats bridge-family.bats)))
# All have xenstored; what lists and stores much there has Debian's own daemon, too, whose limits are others.
BATS += $(patsubst %,%:oxenstored,$(wildcard $(addprefix tests/,records.bats parallel.bats many.bats block-many.bats)))
GOLDEN := $(wildcard tests/check.bats tests/show.bats tests/explain.bats tests/guests.bats)
MAN := $(wildcard */*.[1-8] */*/*.[1-8])
C := $(wildcard */*.c */*/*.c)
H := $(wildcard */*.h */*/*.h)
PRODUCT := $(CORE) $(FIREWALL) $(VIF) $(VIF_MAINS) $(BLOCK) $(BLOCK_MAINS) $(XL)

# The snapshot is structures as they lie in memory, and numbers that are names in headers. So what a build calls its own
# is what the headers say that run.c sees; another order of an enum is another number.
SNAPSHOT_ID := $(shell $(CC) -Ifirewall-core -MM firewall-core/state/run.c 2>/dev/null | tr ' ' '\n' | grep '\.h$$' | \
	LC_ALL=C sort -u | xargs -r cat | sha256sum | cut -c1-16)
%/firewall-core/state/run.o %/firewall-core/state/run.ok: FW_CFLAGS += -DSNAPSHOT_ID=0x$(SNAPSHOT_ID)

# What a recipe line says in place of its command: nothing with `make -s`, and with V=1 the command itself.
silent := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(filter 1,$(V)),,@$(if $(silent),,printf '  %-8s %s\n' '$(1)' '$@';))

.PHONY: all programs san help demo check check-unit golden bench agree fuzz install uninstall clean format
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS:%=$(BUILD)/%) ## build the programs into build/

# One build of everything: $(1) its folder, $(2) its compiler, $(3) its compiler flags, $(4) its linker flags.
define variant
$(1)/obj/%.o: %.c Makefile
	@mkdir -p $$(@D)
	$$(call say,CC)$(2) $$(FW_CFLAGS) $(3) -MMD -MP -c -o $$@ $$<

$(1)/libfwcore.a: $$(CORE:%.c=$(1)/obj/%.o)
	$$(call say,AR)rm -f $$@ && $$(AR) rcs $$@ $$^

$(1)/libvif.a: $$(VIF:%.c=$(1)/obj/%.o)
	$$(call say,AR)rm -f $$@ && $$(AR) rcs $$@ $$^

$(1)/libblock.a: $$(BLOCK:%.c=$(1)/obj/%.o)
	$$(call say,AR)rm -f $$@ && $$(AR) rcs $$@ $$^

$(1)/firewall: $$(FIREWALL:%.c=$(1)/obj/%.o) $(1)/libfwcore.a
	$$(call say,LD)$(2) $(3) $(4) $$(FW_LDFLAGS) -o $$@ $$^ $$(LIBS)

$$(VIF_MAINS:vif-taofw/%.c=$(1)/%): $(1)/%: $(1)/obj/vif-taofw/%.o
$$(BLOCK_MAINS:block-common/%.c=$(1)/%): $(1)/%: $(1)/obj/block-common/%.o
$$(HOTPLUG:%=$(1)/%): $(1)/libvif.a $(1)/libblock.a $(1)/libfwcore.a
	$$(call say,LD)$(2) $(3) $(4) $$(FW_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(LIBS) $$(XEN_LIBS)

$(1)/xl-taofw: $(1)/obj/xl-taofw/xl-taofw.o $(1)/libfwcore.a
	$$(call say,LD)$(2) $(3) $(4) $$(FW_LDFLAGS) -o $$@ $$^ $$(XL_LIBS)
endef

$(eval $(call variant,$(BUILD),$$(CC),$$(CPPFLAGS) $$(CFLAGS),$$(LDFLAGS)))
$(eval $(call variant,$(BUILD)/san,$$(CC),$$(SANITIZE),$$(SAN_LDFLAGS)))
$(eval $(call variant,$(BUILD)/fuzz,clang-$(LLVM),$$(SANITIZE) -fsanitize=fuzzer-no-link,))

# ---- tests ----

$(BUILD)/tests/t_%: $(BUILD)/san/obj/tests/unit/t_%.o $(BUILD)/san/libvif.a $(BUILD)/san/libblock.a $(BUILD)/san/libfwcore.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(SANITIZE) $(SAN_LDFLAGS) $(FW_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: tests/tools/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FW_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

$(BUILD)/tests/send: tests/tools/frame.h

# Those that ask the core itself.
$(BUILD)/tests/judge: $(BUILD)/obj/tests/tools/judge.o
$(BUILD)/tests/agree: $(AGREE:%.c=$(BUILD)/obj/%.o)
$(BUILD)/tests/judge $(BUILD)/tests/agree: $(BUILD)/libfwcore.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) $(FW_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

$(BUILD)/tests/%.so: tests/xenstored/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(FW_CFLAGS) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/obj/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/libvif.a $(BUILD)/fuzz/libblock.a \
		$(BUILD)/fuzz/libfwcore.a
	$(call say,LD)clang-$(LLVM) $(SANITIZE) -fsanitize=fuzzer $(FW_LDFLAGS) -o $@ $^ $(LIBS)

programs: all $(PROGRAMS:%=$(BUILD)/san/%) $(UNIT) $(TOOLS)

check: programs ## all tests; TESTS="tests/a.bats …" for some of them
	tests/run $(BUILD) $(if $(TESTS),$(TESTS),$(UNIT) $(BATS))

check-unit: $(UNIT) ## the unit tests alone: they need no root
	tests/run $(BUILD) $(UNIT)

golden: programs ## rewrite the expected outputs; `git diff` is the review
	GOLDEN=write tests/run $(BUILD) $(GOLDEN)

demo: all $(TOOLS) ## the main job, step by step, on this machine
	tests/demo $(BUILD)

bench: all $(TOOLS) ## times beside Xen's own scripts, of vifs and disks, and by backend; packets a second
	tests/bench/run $(BUILD)
	tests/bench/backends $(BUILD)
	tests/bench/disks $(BUILD)

SEEDS ?= 100
agree: programs ## SEEDS=100 random configurations: does what the evaluator says of packets become of them?
	tests/agree/run $(BUILD) 1 $(SEEDS)

FUZZ_SECONDS ?= 30
fuzz: $(FUZZ:%=%.run) ## each place where foreign bytes enter, FUZZ_SECONDS=30 each

# New inputs stay in build/fuzz; a crash goes into tests/fuzz/seeds by hand, as a test for ever.
%.run: %
	@mkdir -p $*.corpus tests/fuzz/seeds/$(*F:fuzz_%=%)
	$(call say,FUZZ)$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 -artifact_prefix=$*- \
		$*.corpus tests/fuzz/seeds/$(*F:fuzz_%=%) >$*.log 2>&1 || { tail -n 100 $*.log; exit 1; }

# ---- lint: everything is fatal here, and only here ----

LINTS := lint-gcc lint-clang lint-tidy lint-format lint-shell lint-man lint-arrows lint-size lint-words
.PHONY: lint $(LINTS)
lint: $(LINTS) ## every static check there is: one list, all fatal

LINT_C := $(filter-out tests/fuzz/%,$(C))
lint-gcc: $(LINT_C:%.c=$(BUILD)/lint/gcc/%.o)
lint-clang: $(C:%.c=$(BUILD)/lint/clang/%.o)
lint-tidy: $(PRODUCT:%.c=$(BUILD)/lint/tidy/%.ok)

# The analyzer looks at what runs as root on other people's machines.
$(PRODUCT:%.c=$(BUILD)/lint/gcc/%.o): ANALYZER := -fanalyzer
# Since gcc 14 it takes the streams that a program is given for descriptors that nobody closes.
$(addprefix $(BUILD)/lint/gcc/,firewall-core/kernel/kernel_program.o block-common/device/block_ask.o): ANALYZER += -Wno-analyzer-fd-leak
# The shim defines other libraries' functions: no header of its own announces them.
SHIM_OBJECTS := $(patsubst %.c,$(BUILD)/lint/gcc/%.o,$(SHIM)) $(patsubst %.c,$(BUILD)/lint/clang/%.o,$(SHIM))
$(SHIM_OBJECTS) $(BUILD)/tests/shim.so: FW_CFLAGS += -Wno-missing-prototypes
$(BUILD)/lint/gcc/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,GCC)gcc $(FW_CFLAGS) -D_FORTIFY_SOURCE=2 -O2 -Werror $(ANALYZER) -MMD -MP -c -o $@ $<

$(BUILD)/lint/clang/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CLANG)clang-$(LLVM) $(FW_CFLAGS) -D_FORTIFY_SOURCE=2 -O2 -Werror -MMD -MP -c -o $@ $<

$(BUILD)/lint/tidy/%.ok: $(BUILD)/lint/clang/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY)clang-tidy-$(LLVM) --quiet $*.c -- $(FW_CFLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

lint-format:
	$(call say,FORMAT)clang-format-$(LLVM) --dry-run -Werror $(C) $(H)

lint-shell:
	$(call say,SHELL)tests/lint/shell

lint-man:
	$(if $(MAN),$(call say,MAN)mandoc -Tlint -Wwarning $(MAN))

lint-arrows lint-size lint-words: lint-%:
	$(call say,LINT)tests/lint/$*

format: ## rewrite the C files as .clang-format says
	clang-format-$(LLVM) -i $(C) $(H)

# ---- installation ----

SBIN := $(PREFIX)/sbin
LIBEXEC := $(PREFIX)/lib/taofirewall
UNITS := $(PREFIX)/lib/systemd/system
COMPLETIONS := $(PREFIX)/share/bash-completion/completions
TMPFILES := $(PREFIX)/lib/tmpfiles.d
RT_PROTOS := /etc/iproute2/rt_protos.d
EXAMPLES := $(PREFIX)/share/doc/taofirewall/examples
SCRIPTS := /etc/xen/scripts
INIT := /etc/init.d
UNIT_FILES := $(patsubst conf/%,%,$(wildcard conf/*.service conf/*.service.d/*.conf))
# Who manages interfaces shall not manage guests'.
NETWORKD := $(PREFIX)/lib/systemd/network/00-taofirewall.network
MANAGER := /usr/lib/NetworkManager/conf.d/taofirewall.conf
# What starts the program names its folder.
STARTERS := $(UNIT_FILES:%=$(UNITS)/%) $(INIT)/firewall
INSTALL ?= install

# Only the examples go along: what stands in /etc/taofirewall is the administrator's.
install: all ## PREFIX=/usr/local, DESTDIR= for packages
	$(INSTALL) -d $(addprefix $(DESTDIR),$(SBIN) $(LIBEXEC) $(SCRIPTS) $(EXAMPLES)/ipv4.d $(EXAMPLES)/ipv6.d)
	$(INSTALL) $(BUILD)/firewall $(DESTDIR)$(SBIN)/
	$(INSTALL) $(HOTPLUG:%=$(BUILD)/%) $(XL:xl-taofw/%.c=$(BUILD)/%) $(DESTDIR)$(LIBEXEC)/
	for name in $(HOTPLUG); do ln -sfn $(LIBEXEC)/$$name $(DESTDIR)$(SCRIPTS)/$$name || exit; done
	for unit in $(UNIT_FILES); do \
		$(INSTALL) -D -m 644 conf/$$unit $(DESTDIR)$(UNITS)/$$unit || exit; done
	$(INSTALL) -D conf/firewall.init $(DESTDIR)$(INIT)/firewall
	sed -i 's,/usr/sbin,$(SBIN),g' $(addprefix $(DESTDIR),$(STARTERS))
	$(INSTALL) -D -m 644 conf/taofirewall.network $(DESTDIR)$(NETWORKD)
	$(INSTALL) -D -m 644 conf/taofirewall.nm $(DESTDIR)$(MANAGER)
	$(INSTALL) -D -m 644 conf/firewall.bash $(DESTDIR)$(COMPLETIONS)/firewall
	$(INSTALL) -D -m 644 conf/taofirewall.tmpfiles $(DESTDIR)$(TMPFILES)/taofirewall.conf
	$(INSTALL) -D -m 644 conf/taofirewall.rt_protos $(DESTDIR)$(RT_PROTOS)/taofirewall.conf
	for file in $(patsubst conf/%,%,$(wildcard conf/*.conf conf/*.cfg conf/ipv?.d/*.conf)); do \
		$(INSTALL) -m 644 conf/$$file $(DESTDIR)$(EXAMPLES)/$$file || exit; done
	for file in $(patsubst conf/examples/%,%,$(shell find conf/examples -type f)); do \
		$(INSTALL) -D -m 644 conf/examples/$$file $(DESTDIR)$(EXAMPLES)/$$file || exit; done
	for page in $(MAN); do \
		$(INSTALL) -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; done

uninstall: ## take away what install brought; the configuration stays
	rm -f $(addprefix $(DESTDIR),$(SBIN)/firewall $(HOTPLUG:%=$(SCRIPTS)/%) $(STARTERS) $(COMPLETIONS)/firewall \
		$(NETWORKD) $(MANAGER) $(TMPFILES)/taofirewall.conf $(RT_PROTOS)/taofirewall.conf \
		$(foreach page,$(MAN),$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))))
	rm -rf $(addprefix $(DESTDIR),$(LIBEXEC) $(dir $(EXAMPLES)))
	rmdir $(addprefix $(DESTDIR),$(sort $(dir $(filter %.conf,$(STARTERS)))) $(dir $(MANAGER)) /usr/lib/NetworkManager $(RT_PROTOS) $(dir $(RT_PROTOS))) \
		2>/dev/null || true

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
