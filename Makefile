# vigil: PGXS build and the project's tasks.  `make help` lists what a person may call.
EXTENSION  = vigil
MODULE_big = vigil
OBJS       = $(patsubst %.c,%.o,$(wildcard extension/*.c extension/engine/*.c workers/*.c))
DATA       = $(wildcard sql/upgrade/*--*.sql)
DATA_built = build/vigil--1.0.sql
PG_CPPFLAGS = -I$(srcdir)/extension -I$(srcdir)/workers
WERROR     ?= -Werror
WARNINGS   = -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement -Wmissing-prototypes \
	-Wstrict-prototypes -Wold-style-definition -Wshadow=compatible-local -Wvla -Wformat=2 -Wwrite-strings
GCC_ONLY   = -Wnull-dereference -Wduplicated-cond -Wlogical-op
CLANG_ONLY = -Wno-unknown-warning-option -Wno-ignored-attributes -Wno-ignored-optimization-argument
PG_CFLAGS  = -std=gnu11 -O2 -ffp-contract=off $(WARNINGS) $(if $(findstring clang,$(CC)),$(CLANG_ONLY),$(GCC_ONLY)) $(WERROR)
SHLIB_LINK = -lm
REGRESS        = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS   = --inputdir=test --load-extension=postgis --load-extension=pg_partman --load-extension=vigil
ISOLATION      = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=. \
	--load-extension=postgis --load-extension=pg_partman --load-extension=vigil
EXTRA_CLEAN    = build results regression.diffs regression.out output_iso

# Tasks only start other programs, so they work before PostgreSQL is installed; everything else is PGXS's.
TASKS := help setup stage unit fuzz regress isolation tap city differential check bench demo cluster cluster-stop docs \
	lint format docs-fresh
.PHONY: $(TASKS)
PG_CONFIG ?= pg_config
ifneq ($(filter-out $(TASKS),$(or $(MAKECMDGOALS),all)),)
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq ($(PGXS),)
$(error $(PG_CONFIG) was not found: `make setup` installs what the build needs)
endif
include $(PGXS)

# PGXS tracks neither headers nor flags.
$(OBJS) $(OBJS:.o=.bc): $(wildcard extension/*.h extension/engine/*.h workers/*.h) build/flags
build/flags: FORCE
	@mkdir -p build; echo '$(CC) $(COPT) $(PG_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(COPT) $(PG_CFLAGS)' >$@
.PHONY: FORCE
$(DATA_built): $(sort $(wildcard sql/[0-9]*.sql)) sql
	@mkdir -p build && cat $(filter %.sql,$^) >$@
else
check: setup ## everything, in under 10 minutes; ends with one line: N passed, N failed
	@test/run
endif

cluster = VIGIL_TEST_CONF=$(CURDIR)/test/test.conf timeout -k 5 1200 test/with_cluster build/stage

help: ## this list
	@echo 'make, make install: build and install with PGXS. Tasks:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install the Debian packages that are missing (downloads nothing when none is)
	@test/packages

stage: ## build and install into build/stage, touching no system directory
	@$(MAKE) -s with_llvm=no install DESTDIR=$(CURDIR)/build/stage

unit: ## engine tests under ASan and UBSan (UNIT=name for one)
	@test/unit/run $(UNIT)

FUZZ_SECONDS ?= 60
fuzz: ## libFuzzer with ASan and UBSan, FUZZ_SECONDS each (FUZZ=name for one)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) test/fuzz/run $(FUZZ)

given = $(filter command,$(firstword $(origin $(1))))
regress: stage ## pg_regress in a throw-away cluster (REGRESS=name for one)
	$(cluster) $(MAKE) -s installcheck $(if $(call given,ISOLATION),,ISOLATION=)

isolation: stage ## races between sessions (ISOLATION=name for one)
	$(cluster) $(MAKE) -s installcheck REGRESS=

TAP = $(wildcard test/tap/*.pl)
tap: stage ## restart, crash, standby, dump and worker tests (TAP=test/tap/NNN_name.pl for one)
	timeout -k 5 1200 test/with_tap build/stage $(TAP)

differential: stage ## the fence index against ST_Covers at a million points (SHARED_DATA=folder, DIFFERENTIAL_POINTS=n)
	$(cluster) test/differential/run

bench: setup stage ## ratios against named floors in one table (BENCH="copy batch single score fence growth dispatch")
	VIGIL_TEST_CONF=$(CURDIR)/test/bench/bench.conf test/with_cluster build/stage test/bench/bench.sh $(BENCH)

cluster: setup ## start a throw-away server with vigil ready in database vigil, leave it running, print its address
	@$(MAKE) -s stage >&2 && test/cluster start

cluster-stop: ## stop and delete it
	@test/cluster stop

city: stage build/city ## the loop on a simulated day with known answers: recall and precision of each model (CITY_SEED=n)
	@test/city/test

demo: setup stage build/city ## a city's day: loaded, judged, answered by units, told and drawn in build/demo; then real tracks (SHARED_DATA=folder)
	@test/city/demo

build/city: $(wildcard test/city/*.c test/city/*.h)
	@mkdir -p build && $(CC) -std=c11 -O2 -ffp-contract=off -Wall -Wextra -Wmissing-prototypes $(WERROR) -o $@ $(filter %.c,$^) -lm

tour = VIGIL_TEST_CONF=$(CURDIR)/test/cluster.conf timeout -k 5 300 test/with_cluster build/stage test/readme

docs: stage ## write sql/README.md from the COMMENTs, and the answers in README.md's tour
	@$(cluster) psql -qXAt -f test/docs.sql | sed 's/[ \t]*$$//' >build/reference.md && cp build/reference.md sql/README.md
	@$(tour) --write
docs-fresh: stage
	@$(cluster) psql -qXAt -f test/docs.sql | sed 's/[ \t]*$$//' | diff sql/README.md - && echo 'ok sql/README.md is fresh' || \
		{ echo 'not ok sql/README.md: make docs brings it up to date'; false; }
	@$(tour)

lint: ## format, static analysis, clang build, house rules
	@test/lint

format: ## format all C
	clang-format-14 -i $$(git ls-files '*.c' '*.h')
