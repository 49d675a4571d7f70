.DEFAULT_GOAL := help
.PHONY: help demo test check format build bench bench-changes bench-views bench-structures bench-idle services services-stop clean

# npm writes this file last, so it proves a finished install.
installed := node_modules/.package-lock.json

# Node.js 20 does not run TypeScript: one file with all it imports is bundled, then run from the repository's root.
run-typescript = node_modules/.bin/tsdown --no-config --no-dts --format esm --platform node --logLevel error \
  --out-dir .services/programs $(1) && node .services/programs/$(basename $(notdir $(1))).mjs

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Load a sample Open edX site into a lake in a folder and query it
	@./panorama demo

test: $(installed) ## Run the tests against real servers, which are brought where they are missing
	@node_modules/.bin/vitest run

check: $(installed) ## Check format, types and lint rules
	@npm run --silent check

format: $(installed) ## Format all files
	@npm run --silent format

build: $(installed) ## Build dist/
	@npm run --silent build

bench: $(installed) build ## Measure loads side by side with a dump of the same table; ARGS=--quick leaves the largest out
	@$(call run-typescript,bench/main.ts) $(ARGS)

bench-changes: $(installed) build ## Measure a load of 1 % changed rows beside one of all rows
	@$(call run-typescript,bench/changes.ts) $(ARGS)

bench-views: $(installed) build ## Time every Open edX view of a sample site of 2 million rows
	@$(call run-typescript,bench/views.ts) $(ARGS)

bench-structures: $(installed) build ## Measure a load of 500 course structures from a Mongo server, and of 5 republished ones
	@$(call run-typescript,bench/structures.ts) $(ARGS)

bench-idle: $(installed) build ## Load all tables of a site, then measure runs while nothing changes
	@$(call run-typescript,bench/idle.ts) $(ARGS)

services: $(installed) ## Start the test servers and leave them running
	@$(call run-typescript,test/services/keep-servers.ts)

services-stop: $(installed) ## Stop them
	@$(call run-typescript,test/services/keep-servers.ts) stop

clean: ## Remove what was built, and the test servers with their data
	@if [ -d .services/kept ]; then $(MAKE) --no-print-directory services-stop; fi
	rm -rf dist .services

$(installed): package-lock.json
	npm ci --include=dev --no-audit --no-fund
	@touch $@
