# SPDX-License-Identifier: Apache-2.0
# A thin front to Meson. BUILD names the build folder; CC chooses the compiler when it is made.
BUILD ?= build
SANITIZED ?= build-asan
THREADED ?= build-tsan
FUZZED ?= build-fuzz
TIDIED ?= build-other

.PHONY: all help deps demo check test asan tsan bench fuzz fuzz-long fmt fmt-check tidy install clean

all: $(BUILD)/build.ninja
	@meson compile -C $(BUILD)

help:
	@echo 'make            build into $(BUILD)/'
	@echo 'make deps       install what the build needs (Debian, root)'
	@echo 'make demo       build, start the endpoint mapper and two services, find and call them'
	@echo 'make check      install the test peers, build with gcc and clang, run every test'
	@echo 'make test       build and run the tests with what is installed'
	@echo 'make asan       unit tests, scenarios, servers and corpora under AddressSanitizer and UBSan'
	@echo 'make tsan       unit tests and servers under ThreadSanitizer'
	@echo 'make bench      measure against a plain echo and against Samba'
	@echo 'make fuzz       each fuzz target for a minute (fuzz-long: an hour)'
	@echo 'make fmt        lay out the sources (fmt-check: only look)'
	@echo 'make tidy       clang-tidy'
	@echo 'make install    install (DESTDIR and the prefix of meson configure are honoured)'
	@echo 'make clean      remove the build folders'

$(BUILD)/build.ninja:
	@meson setup $(BUILD)

deps:
	@tools/deps build

demo:
	@tools/deps build
	@BUILD=$(BUILD) tools/demo

check:
	@tools/deps test
	@tools/run-check --compilers $(BUILD)

test:
	@tools/run-check $(BUILD)

asan:
	@tools/run-check --setup=-Db_sanitize=address,undefined --setup=-Db_lundef=false \
	  --suite unit --suite scenarios --suite system --suite fuzz $(SANITIZED)

tsan:
	@TSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/tsan.supp \
	  tools/run-check --setup=-Db_sanitize=thread --setup=-Db_lundef=false \
	  --suite unit --suite system $(THREADED)

bench: all
	@bench/run --allocations --idle 10000 --restart 10 $(BUILD)

fuzz:
	@tools/run-fuzz --seconds 60 $(FUZZED)

fuzz-long:
	@tools/run-fuzz --seconds 3600 $(FUZZED)

fmt:
	@git ls-files '*.c' '*.h' | xargs -r clang-format -i

fmt-check:
	@git ls-files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror

# clang-tidy reads the commands of a build with clang: it does not know gcc's options.
tidy:
	@test -e $(TIDIED)/build.ninja || CC=clang meson setup $(TIDIED) >/dev/null
	@meson compile -C $(TIDIED)
	@git ls-files 'src/*.c' | xargs -r clang-tidy --quiet -p $(TIDIED)

install: all
	@meson install -C $(BUILD)

clean:
	@rm -rf $(BUILD) $(SANITIZED) $(THREADED) $(FUZZED) $(TIDIED)
