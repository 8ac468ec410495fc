#!/usr/bin/env bash
# Builds every program from its source with Debian's clang, lld, wasi-libc and libclang-rt-14-dev-wasm32.
# The .wasm files are checked in: the product's build and tests never run this.
set -euo pipefail
cd "$(dirname "$0")"

# Features beyond WebAssembly 1.0 stay off, so that any engine runs the result.
common=(--target=wasm32-wasi -Oz -std=c11 -Wall -Wextra -Werror -mno-bulk-memory -mno-sign-ext
    -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,--strip-all -Wl,-z,stack-size=16384 -Wl,--stack-first)

for name in echo wordcount primes catalog faulty; do
    clang "${common[@]}" "$name/$name.c" -o "$name/$name.wasm"
done

# ONVM programs have no _start: the host calls the exported entry point, once in each instance.
clang "${common[@]}" -nostartfiles -Wl,--no-entry kvstore/*.c -o kvstore/kvstore.wasm

chmod 644 ./*/*.wasm
ls -l ./*/*.wasm
