#!/usr/bin/env bash
# Builds the kernels with Debian's clang and lld: plain WebAssembly without imports, so that every engine runs the same file.
set -euo pipefail
cd "$(dirname "$0")"
for source in *.c; do
    clang --target=wasm32 -O2 -nostdlib -ffreestanding -fno-builtin -mbulk-memory -Wl,--no-entry -Wl,--export=run -Wl,--strip-all -o "${source%.c}.wasm" "$source"
done
