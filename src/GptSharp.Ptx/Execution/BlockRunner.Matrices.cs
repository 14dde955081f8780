using System.Runtime.Intrinsics;
using GptSharp.Ptx.Matrix;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

// Matrix instructions, in which all lanes of a warp take part.
internal sealed unsafe partial class BlockRunner
{
    private void NeedWholeWarp(Warp warp, uint mask)
    {
        if (mask != WarpSize.Full)
        {
            Fail(warp, FindingKind.Synchronisation, $"A matrix instruction needs all 32 lanes of the warp, and only 0x{mask:x8} are here.", mask);
        }
    }

    private void MoveRows(Warp warp, Instruction* i, byte* r, uint mask, bool isLoad)
    {
        NeedWholeWarp(warp, mask);
        MatrixStep step = _program.Matrices[i->Detail];
        MatrixOperation operation = step.Operation;
        ulong* addresses = _rowAddresses;
        byte* rows = _rows;
        RowAddresses(warp, step, r, addresses);
        if (isLoad)
        {
            _memory.ReadRows(step.Memory!, warp.Number, mask, addresses, operation.Rows, operation.RowBytes, rows);
            operation.Function(r, step.Registers, rows, operation.Control);
        }
        else
        {
            operation.Function(r, step.Registers, rows, operation.Control);
            _memory.WriteRows(step.Memory!, warp.Number, mask, addresses, operation.Rows, operation.RowBytes, rows);
        }
    }

    private void RowAddresses(Warp warp, MatrixStep step, byte* r, ulong* addresses)
    {
        MemoryInstruction memory = step.Memory!;
        MatrixOperation operation = step.Operation;
        ulong* lanes = (ulong*)(r + memory.Address);
        if (operation.Kind is MatrixOperationKind.LoadLaneRows or MatrixOperationKind.StoreLaneRows)
        {
            var offset = Vector512.Create((ulong)memory.Offset);
            for (int row = 0; row < WarpSize.Lanes; row += 8)
            {
                (Vector512.Load(lanes + row) + offset).Store(addresses + row);
            }

            return;
        }

        // One tile: every lane must mean the same.
        ulong stride = step.Stride < 0 ? (ulong)operation.RowBytes : *(uint*)(r + step.Stride) * (ulong)operation.ElementBytes;
        for (int lane = 1; lane < WarpSize.Lanes; lane++)
        {
            bool same = lanes[lane] == lanes[0] && (step.Stride < 0 || ((uint*)(r + step.Stride))[lane] == *(uint*)(r + step.Stride));
            if (!same)
            {
                Fail(warp, FindingKind.Synchronisation, $"Lane {lane} names another address or stride for the tile than lane 0.", 1u << lane);
            }
        }

        for (int row = 0; row < operation.Rows; row++)
        {
            addresses[row] = lanes[0] + (ulong)memory.Offset + ((ulong)row * stride);
        }
    }
}
