#!/usr/bin/env bash
# Packs gptsharp-gpu: one program that runs on a Linux machine with an NVIDIA driver and nothing else, no .NET and no CUDA. It runs the
# conformance suite on the GPU, times every kernel beside the device's measured limits, trains GPT-2 124M, and writes
# all results to one JSON file.
#
#   benchmarks/gpu.sh [FOLDER]            packs it as FOLDER/gptsharp-gpu.tar.gz (here by itself)
#   tar xzf gptsharp-gpu.tar.gz && ./gptsharp-gpu --out gpu.json        on the machine with the GPU
#   ./gptsharp-gpu --device emulator --small                            anywhere
set -euo pipefail
folder=$(mkdir -p "${1:-.}" && cd "${1:-.}" && pwd)
cd "$(dirname "$0")/.."
most=$((60 * 1000 * 1000))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet publish benchmarks/GptSharp.GpuBench -c Release -r linux-x64 --self-contained -o "$work" \
    -p:PublishSingleFile=true -p:DebugType=none -p:ErrorOnDuplicatePublishOutputFiles=false \
    -v quiet --nologo
tar -C "$work" -czf "$folder/gptsharp-gpu.tar.gz" gptsharp-gpu
bytes=$(stat -c %s "$folder/gptsharp-gpu.tar.gz")
echo "$folder/gptsharp-gpu.tar.gz, $((bytes / 1000000)) MB"
if [ "$bytes" -gt "$most" ]; then
    echo "that is more than $((most / 1000000)) MB" >&2
    exit 1
fi
