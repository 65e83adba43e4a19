# vigil: PGXS build and the project's tasks.  `make help` lists what a person may call.
EXTENSION  = vigil
MODULE_big = vigil
OBJS       = $(patsubst %.c,%.o,$(wildcard extension/*.c extension/engine/*.c workers/*.c))
DATA       = $(wildcard sql/upgrade/*--*.sql)
DATA_built = build/vigil--1.0.sql
PG_CPPFLAGS = -I$(srcdir)/extension -I$(srcdir)/workers
PG_CFLAGS   = -std=gnu11 -O2 -ffp-contract=off -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement \
	-Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wshadow=compatible-local -Wvla -Wformat=2 \
	-Wwrite-strings $(WERROR)
SHLIB_LINK  = -lm
REGRESS        = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS   = --inputdir=test --load-extension=postgis --load-extension=pg_partman --load-extension=vigil
ISOLATION      = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=. \
	--load-extension=postgis --load-extension=pg_partman --load-extension=vigil
EXTRA_CLEAN    = build
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS) $(OBJS:.o=.bc): $(wildcard extension/*.h extension/engine/*.h workers/*.h)

$(DATA_built): $(sort $(wildcard sql/[0-9]*.sql)) sql
	@mkdir -p build && cat $(filter %.sql,$^) > $@

.PHONY: stage regress tap bench
stage: ## build and install into build/stage, touching no system directory
	@$(MAKE) -s with_llvm=no WERROR=-Werror install DESTDIR=$(CURDIR)/build/stage

regress: stage ## pg_regress and isolation tests in a throw-away cluster
	VIGIL_TEST_CONF=$(CURDIR)/test/test.conf timeout -k 5 600 test/with_cluster build/stage $(MAKE) -s installcheck

tap: stage ## restart, crash, standby and worker tests
	timeout -k 5 900 test/with_tap build/stage test/tap/*.pl

bench: stage ## ratios against named floors, one table (BENCH="copy batch single score fence growth dispatch")
	VIGIL_TEST_CONF=$(CURDIR)/test/bench/bench.conf test/with_cluster build/stage test/bench/bench.sh $(BENCH)
