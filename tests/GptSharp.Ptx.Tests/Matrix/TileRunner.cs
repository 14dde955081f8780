using GptSharp.Ptx.Matrix;
using Xunit;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>Runs a bound matrix form on registers given as [register][lane].</summary>
internal static unsafe class TileRunner
{
    /// <summary>The destination registers of <c>opcode.modifiers</c>, from A, B and C.</summary>
    public static uint[][] Run(string form, MmaModel model, uint[][] a, uint[][] b, uint[][] c)
    {
        MatrixOperation operation = Bind(form, model);
        Assert.Equal((operation.ACount, operation.BCount, operation.CCount), (a.Length, b.Length, c.Length));
        uint[][] d = [.. Enumerable.Range(0, operation.DestinationCount).Select(_ => new uint[32])];
        uint[][] all = [.. d, .. a, .. b, .. c];
        uint[] file = [.. all.SelectMany(register => register)];
        int[] offsets = [.. all.Select((_, index) => index * 128)];
        fixed (uint* registers = file)
        fixed (int* places = offsets)
        {
            operation.Function((byte*)registers, places, null, operation.Control);
        }

        return [.. d.Select((_, index) => file[(32 * index)..(32 * (index + 1))])];
    }

    /// <summary>The registers that a load fills from rows, one after the other.</summary>
    public static uint[][] Load(string form, byte[] rows)
    {
        MatrixOperation operation = Bind(form, MmaModel.Fast);
        Assert.Equal(operation.Rows * operation.RowBytes, rows.Length);
        var file = new uint[32 * operation.DestinationCount];
        int[] offsets = [.. Enumerable.Range(0, operation.DestinationCount).Select(index => index * 128)];
        fixed (uint* registers = file)
        fixed (int* places = offsets)
        fixed (byte* memory = rows)
        {
            operation.Function((byte*)registers, places, memory, operation.Control);
        }

        return [.. offsets.Select(offset => file[(offset / 4)..((offset / 4) + 32)])];
    }

    /// <summary>The rows that a store writes.</summary>
    public static byte[] Store(string form, uint[][] a)
    {
        MatrixOperation operation = Bind(form, MmaModel.Fast);
        Assert.Equal(operation.ACount, a.Length);
        uint[] file = [.. a.SelectMany(register => register)];
        int[] offsets = [.. a.Select((_, index) => index * 128)];
        var rows = new byte[operation.Rows * operation.RowBytes];
        fixed (uint* registers = file)
        fixed (int* places = offsets)
        fixed (byte* memory = rows)
        {
            operation.Function((byte*)registers, places, memory, operation.Control);
        }

        return rows;
    }

    /// <summary>The bound form; the test fails if there is none.</summary>
    public static MatrixOperation Bind(string form, MmaModel model)
    {
        string[] parts = form.Split('.');
        Assert.True(MatrixBinding.TryBind(parts[0], parts[1..], model, out MatrixOperation operation), $"{form} is not bound.");
        return operation;
    }
}
