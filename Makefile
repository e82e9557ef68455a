# Everything a contributor or an operator does from a checkout. `make help` lists it.

CONFIGURATION ?= debug
SWIFT ?= swift
BIN := .build/$(CONFIGURATION)
TOPOLOGY ?= topologies/hub-and-spoke.yaml
N ?= 20
FABRIC_VECTORS ?= ../shared/vectors
export FABRIC_VECTORS

IS_ROOT := $(filter 0,$(shell id -u))

.DEFAULT_GOAL := help
.PHONY: help deps build release test test-unit test-integration lab-compose lab-containers interop lint format demo lab bench instructions failover flips convergence simulate compare fuzz fuzz-built clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what is missing with apt-get (as root; otherwise say what is missing)
	@scripts/install-dependencies

build: deps ## build the three binaries, for debugging
	$(SWIFT) build -c $(CONFIGURATION)

release: deps ## build the three binaries, optimised
	$(SWIFT) build -c release

test: deps lint .venv/ready ## lint, then every test; as root the lab and interoperability tests too
	$(SWIFT) build --build-tests
	$(MAKE) --no-print-directory test-unit
ifeq ($(IS_ROOT),)
	@echo "skipped: IntegrationTests (the lab and strongSwan need root for network namespaces); run 'sudo make test'"
else
	$(MAKE) --no-print-directory test-integration
	$(MAKE) --no-print-directory lab-containers
endif

test-unit: # every test that needs no network of its own
	$(SWIFT) test --skip-build --skip IntegrationTests

test-integration: # gateways in network namespaces, one lab at a time; without libreswan where it cannot be fetched
	-@scripts/fetch-libreswan .interop/libreswan
	$(SWIFT) test --skip-build --no-parallel --filter IntegrationTests

interop: deps ## every peer of docs/interop.md with every cipher, not only one of each; prints the matrix (as root)
	scripts/fetch-libreswan .interop/libreswan
	$(SWIFT) build --build-tests
	FABRIC_INTEROP=all $(SWIFT) test --skip-build --no-parallel \
	  --filter 'IntegrationTests.(StrongSwanTests|InteroperabilityTests|KernelESPTests)'

lint: ## check formatting and docstrings
	$(SWIFT) format lint --strict -r Sources Tests Package.swift

format: ## format the sources
	$(SWIFT) format -i -r Sources Tests Package.swift

demo: build ## run topologies/hub-and-spoke.yaml in the lab, ping between all LAN hosts, clean up (as root)
	@scripts/demo $(BIN)/fabric $(TOPOLOGY)

lab: build ## bring TOPOLOGY up in the lab and leave it running (as root)
	$(BIN)/fabric lab up $(TOPOLOGY)

lab-compose: build lab-containers ## run containers/lab in Docker: apply, check, pull an ISP, check again, take it down (as root)

lab-containers:
	@scripts/install-dependencies containers
	scripts/compose-lab --binaries $(BIN)

bench: release ## packets on one core; then Fabric beside no encryption, wireguard-go and strongSwan (as root)
	scripts/fetch-wireguard-go .bench/wireguard-go
	.build/release/fabric-packet-bench
	scripts/bench --binaries .build/release --report docs/performance.md
	scripts/handshakes --binaries .build/release --report docs/performance.md

instructions: ## count the instructions of our own code for a packet, and hold them against Tests/instructions.json
	$(SWIFT) build -c release --product fabric-packet-bench
	scripts/instructions .build/release/fabric-packet-bench Tests/instructions.json

failover: build ## fail every process and line N times (20) and write what was lost to docs/failover.md (as root)
	scripts/failover --fabric $(BIN)/fabric --times $(N) --report docs/failover.md

flips: build ## take lines down and up FLIPS times (1000) at random, look for loops, clear text and leaks (as root)
	scripts/flips --fabric $(BIN)/fabric --times $(or $(FLIPS),1000) --report docs/failover.md

convergence: build ## time what OSPF, BGP and EIGRP take for a line that is cut, N times each (as root)
	scripts/convergence --fabric $(BIN)/fabric --times $(N) --report docs/failover.md

# Deterministic hashing makes a seed's run the same in every process.
simulate: ## SEEDS=n schedules of the IKE simulator from FIRST=1 on, or SEED=n for the trace of one
	$(SWIFT) build -c release --product fabric-simulate
	SWIFT_DETERMINISTIC_HASHING=1 .build/release/fabric-simulate $(if $(SEED),--seed $(SEED),$(or $(SEEDS),100000) $(or $(FIRST),1))

compare: ## hold the data path against its reference: a million packets, the replay window a hundred million numbers (as root)
	$(SWIFT) build --build-tests
	FABRIC_RANDOM_PACKETS=1000000 FABRIC_SEQUENCE_NUMBERS=100000000 \
	  $(SWIFT) test --skip-build --filter 'DifferentialTests|againstNaiveSet|PacketRunTests/differential'

# A build of its own, with libFuzzer's instrumentation. Inputs are kept from run to run; one that traps is written beside
# them, and goes to Tests/FuzzTargetsTests/Inputs with the fix.
FUZZ := .build/fuzz/release/fabric-fuzz
RUNS ?= 10000000
fuzz: ## RUNS=n inputs (ten million) for each of TARGETS="…" under libFuzzer
	FABRIC_FUZZ=1 $(SWIFT) build -c release --sanitize fuzzer --scratch-path .build/fuzz --product fabric-fuzz
	@$(MAKE) --no-print-directory fuzz-built

fuzz-built:
	@for target in $(or $(TARGETS),$(shell $(FUZZ) --targets)); do \
	  $(FUZZ) --target=$$target --seeds=.fuzz/$$target/seeds && mkdir -p .fuzz/$$target/inputs && echo "== $$target" && \
	  $(FUZZ) --target=$$target -runs=$(RUNS) -max_len=4096 -timeout=10 -print_final_stats=1 -verbosity=1 \
	    -artifact_prefix=.fuzz/$$target/ .fuzz/$$target/inputs .fuzz/$$target/seeds || exit 1; \
	done

# Scapy seals and opens ESP packets against ours.
.venv/ready: $(wildcard Tests/scapy/requirements.txt)
	python3 -m venv .venv
	if [ -f Tests/scapy/requirements.txt ]; then .venv/bin/pip install --quiet -r Tests/scapy/requirements.txt; fi
	touch $@

clean: ## remove what was built
	rm -rf .build .venv .interop .containers
