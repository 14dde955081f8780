#!/usr/bin/env bash
# Compiles kernels/*.cu to kernels/ptx/<architecture>/*.ptx with clang-19 (Debian: apt-get install clang-19); no CUDA toolkit is needed.
# sm_80 has everything, sm_70 the binary32 kernels only (a file without any is left out there). The first line of each result names
# the hash of its source, of what that includes and of the flags, and the compiler; tests compare the hash with the sources.
#
#   kernels/build.sh                 all files whose result is stale
#   kernels/build.sh --force         all files
#   kernels/build.sh add gelu        these files
#   kernels/build.sh --out DIR       somewhere else (to compare)
#   kernels/build.sh --ladder        the rungs of kernels/ladder as well
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C # the same order of names everywhere, hence the same hash

compiler=clang++-19
out=ptx
force=false
ladder=false
names=()
while [ $# -gt 0 ]; do
    case $1 in
        --force) force=true ;;
        --ladder) ladder=true ;;
        --out) out=$2; force=true; shift ;;
        *) names+=("${1%.cu}") ;;
    esac
    shift
done
if [ ${#names[@]} -eq 0 ]; then
    for file in *.cu; do names+=("${file%.cu}"); done
    ladder=true
fi
if $ladder && [ -d ladder ]; then
    while IFS= read -r file; do names+=("${file%.cu}"); done < <(find ladder -name '*.cu' | sort)
fi

version=$($compiler --version | head -1)
flags=(-x cuda --cuda-device-only -nocudainc -nocudalib -std=c++20 -O3 -ffp-contract=on -fno-math-errno -fno-exceptions -I .)

# A file's own flags stand in its first lines: // flags: -mllvm -disable-lsr
own_flags() { sed -n '1,12s|^// flags: ||p' "$1.cu"; }

# The file and every header of ours that it includes, each once, in order of name.
sources() {
    local found="$1.cu" queue="$1.cu" next
    while [ -n "$queue" ]; do
        next=$(sed -n 's|^#include "\(.*\)"|\1|p' $queue | sort -u)
        queue=""
        for header in $next; do
            case " $found " in *" $header "*) ;; *) found="$found $header"; queue="$queue $header" ;; esac
        done
    done
    printf '%s\n' $found | sort
}

compile() {
    local name=$1 arch=$2 feature=$3 target="$out/$2/$1.ptx" hash
    hash=$( { sources "$name" | xargs cat; echo "${flags[*]} $(own_flags "$name") $arch $feature"; } | sha256sum | cut -c1-64)
    local stamp="// gptsharp source $hash compiler $version"
    if ! $force && [ -f "$target" ] && [ "$(head -1 "$target")" = "$stamp" ]; then return; fi
    mkdir -p "$(dirname "$target")"
    # shellcheck disable=SC2046
    $compiler "${flags[@]}" $(own_flags "$name") --cuda-gpu-arch="$arch" --cuda-feature=+"$feature" -S "$name.cu" -o "$target.new"
    if grep -q '\.entry' "$target.new"; then
        { echo "$stamp"; cat "$target.new"; } > "$target"
        echo "$target"
    else
        rm -f "$target" # nothing for this architecture
    fi
    rm -f "$target.new"
    rmdir --ignore-fail-on-non-empty "$(dirname "$target")"
}

for name in "${names[@]}"; do
    compile "$name" sm_80 ptx70
    compile "$name" sm_70 ptx70
done
