#!/usr/bin/env bash
# Executes the NEON kernels on a machine that has none: the tests of the Cpu backend and a short training run, published for linux-arm64, in
# qemu's emulation of an Arm processor. What is shown is that results are right, on one processor's word for it; nothing about speed, and
# nothing about Arm's order of memory accesses, which the emulator on x86 does not loosen. On Arm, `dotnet test` does all of this.
#
#   tests/neon.sh [FOLDER]        keeps the published programs and the Arm libraries in FOLDER (else in a temporary one)
#
# Needs Debian or Ubuntu, and to be root where qemu-user-static is not installed yet.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname -m)" = aarch64 ]; then
    echo "skipped: this machine has NEON, and dotnet test has run on it"
    exit 0
fi

if [ $# -gt 0 ]; then
    work=$(mkdir -p "$1" && cd "$1" && pwd)
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi

if ! command -v qemu-aarch64-static > /dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends qemu-user-static > /dev/null
fi

# The few libraries of the system that .NET needs, as Arm's packages have them, beside and not in this system.
libraries=$work/libraries
if [ ! -e "$libraries/lib/ld-linux-aarch64.so.1" ]; then
    mkdir -p "$work/lists/partial" "$work/packages" "$libraries"
    apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
        -o Dir::State::lists="$work/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    "${apt[@]}" update
    (cd "$work/packages" && "${apt[@]}" download libc6 libgcc-s1 libstdc++6 libssl3 > /dev/null)
    for package in "$work"/packages/*.deb; do
        dpkg-deb -x "$package" "$libraries"
    done
fi

for project in tests/GptSharp.Tensors.Tests src/GptSharp.Cli; do
    dotnet publish "$project" -c Release -r linux-arm64 --self-contained --artifacts-path "$work/artifacts" -v quiet --nologo
done

# The emulator translates machine code once: code that the runtime moves or replaces is more than it keeps up with.
on_arm() {
    local name=$1
    shift
    QEMU_LD_PREFIX=$libraries DOTNET_EnableWriteXorExecute=0 DOTNET_TieredCompilation=0 \
        qemu-aarch64-static "$work/artifacts/publish/$name" "$@"
}

tests=GptSharp.Tensors.Tests
run_tests() {
    on_arm "$tests/release_linux-arm64/$tests" -noLogo -noColor -parallel none "$@"
}

# The one that is left out multiplies matrices for as long as all others together; operations have BF16 products, too.
run_tests -namespace "$tests.Backends.Cpu" -namespace "$tests.Backends.Cpu.Kernels" -namespace "$tests.Backends.Cpu.Gemm" \
    -method- '*.A_product_of_BF16_is_the_float_product_of_the_same_numbers_rounded_once' > "$work/kernels.log" &
kernels=$!
echo "-- operations, forward and backward, beside Reference"
run_tests -preEnumerateTheories -method '*.Backend_agrees_with_Reference_inside_its_buffers' -trait 'Backend=cpu Neon' || failed=yes
echo "-- kernels, one by one"
wait "$kernels" || failed=yes
grep -vE '\[SKIP\]|This machine has no' "$work/kernels.log"
if [ -n "${failed:-}" ]; then
    exit 1
fi

echo "-- training"
train=(train configs/smoke.yaml --device cpu --set train.steps=5 --set train.threads=2)
GPTSHARP_SIMD=neon on_arm GptSharp.Cli/release_linux-arm64/gptsharp "${train[@]}" --set train.out="$work/arm"
dotnet run -c Release --project src/GptSharp.Cli -- "${train[@]}" --set train.out="$work/here"
losses() {
    sed -n 's/.*"event":"step".*"loss":\([^,]*\),.*/\1/p' "$work/$1/smoke/metrics.jsonl"
}

paste <(losses arm) <(losses here) | awk '
    { difference = $1 / $2 - 1; if (difference < 0) difference = -difference; if (difference > worst) worst = difference }
    END { printf "losses of %d steps differ by at most %.1e from those on this processor\n", NR, worst; exit !(NR == 5 && worst < 1e-5) }'
