#!/bin/sh
# Builds the native tier: build.sh OUT-DIRECTORY
#
# Leaves OUT/linux-x86_64/liblonghand.so, its SHA-256 and a stamp of what it was made from; does nothing when the stamp still fits. Without a
# compiler, or on another platform, prints one line and succeeds: the vector tier is used then. The library appears by rename, so
# an interrupted build leaves no half library.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
out=$1/linux-x86_64
library=$out/liblonghand.so

if [ "$(uname -s)" != Linux ] || [ "$(uname -m)" != x86_64 ]; then
    echo "native kernels: none for $(uname -s) $(uname -m) yet; the vector tier is used"
    exit 0
fi

made_from=$(cat "$sources"/*.c "$sources"/*.h "$sources"/build.sh | cksum)
remove_library() {
    rm -f "$out/stamp" "$library" "$library.sha256"
}

compiler=
for candidate in ${CC:-} cc gcc clang; do
    if command -v "$candidate" >/dev/null 2>&1; then
        compiler=$candidate
        break
    fi
done
if [ -z "$compiler" ]; then
    case "$(cat "$out/stamp" 2>/dev/null)" in
        "$made_from "*) exit 0 ;; # a library of these very sources is there
    esac
    remove_library
    echo "native kernels: no C compiler found (cc, gcc or clang); the vector tier is used"
    exit 0
fi

common="-std=c11 -O3 -ffp-contract=off -fno-math-errno -fPIC -fvisibility=hidden -Wall -Wextra -Wno-psabi -Wno-unknown-pragmas"
avx2="-mavx2 -mfma -mf16c"
avx512="$avx2 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni"

stamp="$made_from $("$compiler" --version | head -n 1) $common $avx512"
if [ -f "$library" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi

mkdir -p "$out"
find "$out" -name 'build.*' -prune -mmin +60 -exec rm -rf {} + # of builds that were killed
work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Each file with its own flags, so that the library loads on every x86-64 and only what the CPU can run is called.
build() {
    # shellcheck disable=SC2086
    "$compiler" $common $2 -c "$sources/$1.c" -o "$work/$1.o"
}
build avx2 "$avx2" &
other=$!
{ build cpu "" && build avx512vnni "$avx512" && wait "$other" && "$compiler" -shared "$work"/*.o -o "$work/liblonghand.so"; } || {
    remove_library
    echo "native kernels: $compiler failed, see above; the vector tier is used"
    exit 0
}
(cd "$work" && sha256sum liblonghand.so | cut -d ' ' -f 1 > liblonghand.so.sha256)
rm -f "$out/stamp"
mv -f "$work/liblonghand.so" "$library"
mv -f "$work/liblonghand.so.sha256" "$library.sha256"
printf '%s\n' "$stamp" > "$work/stamp"
mv -f "$work/stamp" "$out/stamp"
