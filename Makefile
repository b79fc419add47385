# The developers' way in; CMake does the work.
.PHONY: build test bench demo format tidy clean install-deps

build:
	@cmake --preset release >/dev/null
	@cmake --build --preset release

install-deps:
	@tools/install-deps

test:
	@./test.sh

bench: build
	@bench/run.py

demo:
	@./demo.sh

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

tidy: build
	@tests/run.py --only tidy --full

# Leaves the kernel of the software lane, which had to be fetched.
clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name lane -exec rm -rf {} +
	@rm -rf build-*
