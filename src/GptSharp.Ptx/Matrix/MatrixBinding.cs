using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>Finds the computation for the form of a matrix instruction.</summary>
internal static unsafe class MatrixBinding
{
    /// <summary>
    /// Binds <c>mma, wmma, ldmatrix, stmatrix, movmatrix</c>: opcode and dotted parts in order, without operands. False when the form is
    /// not one that the emulator knows.
    /// </summary>
    public static bool TryBind(string opcode, IReadOnlyList<string> modifiers, MmaModel model, out MatrixOperation operation)
    {
        var form = new Form(opcode, modifiers);
        MatrixOperation? found = null;
        if (form.Take("sync") && form.Take("aligned"))
        {
            found = opcode switch
            {
                "mma" => Mma(form, model),
                "wmma" => Wmma(form, model),
                "ldmatrix" or "stmatrix" => Rows(form),
                "movmatrix" when form.Take("m8n8") && form.Take("trans") && form.TakeType() == NumberType.B16 =>
                    new() { Function = &MatrixRows.Move, DestinationCount = 1, ACount = 1 },
                _ => null,
            };
        }

        operation = found.GetValueOrDefault();
        return found.HasValue && form.IsEmpty;
    }

    private static MatrixOperation? Mma(Form form, MmaModel model)
    {
        NumberType c = form.TakeType();
        NumberType b = form.TakeType();
        NumberType a = form.TakeType();
        NumberType d = form.TakeType();
        if (a != b || !form.Take("row") || !form.Take("col") || !AreAccumulators(c, d, a))
        {
            return null;
        }

        int depth = (form.TakeAny("m16n8k4", "m16n8k8", "m16n8k16"), a) switch
        {
            ("m16n8k16", NumberType.F16 or NumberType.BF16) => 16,
            ("m16n8k8", NumberType.F16 or NumberType.BF16 or NumberType.TF32) => 8,
            ("m16n8k4", NumberType.TF32) => 4,
            _ => 0,
        };
        int steps = depth / (a == NumberType.TF32 ? 4 : 8);
        return depth == 0 || c != d
            ? null
            : Product(a, depth, new MmaControl(steps, 1, 1, false, c == NumberType.F16, d == NumberType.F16, 2 * steps, steps, model));
    }

    private static MatrixOperation? Wmma(Form form, MmaModel model)
    {
        string? action = form.TakeAny("load", "store", "mma");
        WmmaShape? shape = WmmaShape.Parse(form.TakeAny("m16n16k16", "m32n8k16", "m8n32k16", "m16n16k8"));
        if (shape is not { } known)
        {
            return null;
        }

        return action switch
        {
            "load" or "store" => WmmaRows(form, known, action == "load"),
            "mma" => WmmaProduct(form, known, model),
            _ => null,
        };
    }

    private static MatrixOperation? WmmaRows(Form form, WmmaShape shape, bool load)
    {
        NumberType type = form.TakeType();
        form.TakeAny("global", "shared", "shared::cta");
        bool columnMajor = form.Take("col");
        if (!columnMajor && !form.Take("row"))
        {
            return null;
        }

        WmmaMatrix? matrix = (load, form.TakeAny("a", "b", "c", "d")) switch
        {
            (true, "a") => WmmaMatrix.A,
            (true, "b") => WmmaMatrix.B,
            (true, "c") or (false, "d") => WmmaMatrix.Accumulator,
            _ => null,
        };
        bool fits = matrix == WmmaMatrix.Accumulator
            ? type == NumberType.F32 || (type == NumberType.F16 && shape.Depth == 16)
            : FactorsFit(type, shape);
        if (matrix is not { } known || !fits)
        {
            return null;
        }

        (int rows, int columns) = WmmaFragment.Size(known, shape);
        int registers = WmmaFragment.RegisterCount(known, shape, type);
        int elementBytes = type.Bits() == 16 ? 2 : 4;
        return new()
        {
            Function = load ? &WmmaFragment.Load : &WmmaFragment.Store,
            Control = WmmaFragment.Index(known, shape, type, columnMajor),
            Kind = load ? MatrixOperationKind.LoadStridedRows : MatrixOperationKind.StoreStridedRows,
            DestinationCount = load ? registers : 0,
            ACount = load ? 0 : registers,
            Rows = columnMajor ? columns : rows,
            RowBytes = (columnMajor ? rows : columns) * elementBytes,
            ElementBytes = elementBytes,
            Factors = type,
        };
    }

    private static MatrixOperation? WmmaProduct(Form form, WmmaShape shape, MmaModel model)
    {
        // Two types name D and C, the factors being f16; four name all. The factors' layouts only say how they were loaded.
        NumberType c = form.TakeType();
        NumberType b = form.TakeType();
        NumberType a = form.TakeType();
        NumberType d = form.TakeType();
        if (a == NumberType.None)
        {
            (d, a, b) = (b, NumberType.F16, NumberType.F16);
        }

        bool layouts = form.TakeAny("row", "col") != null && form.TakeAny("row", "col") != null;
        if (!layouts || a != b || !FactorsFit(a, shape) || !AreAccumulators(c, d, a))
        {
            return null;
        }

        int steps = shape.Depth / (a == NumberType.TF32 ? 4 : 8);
        return Product(a, shape.Depth, new MmaControl(
            steps, shape.RowTiles, shape.ColumnTiles, shape.IsTransposed, c == NumberType.F16, d == NumberType.F16,
            WmmaFragment.RegisterCount(WmmaMatrix.A, shape, a), WmmaFragment.RegisterCount(WmmaMatrix.B, shape, a), model));
    }

    private static bool FactorsFit(NumberType type, WmmaShape shape) =>
        shape.Depth == 8 ? type == NumberType.TF32 : type is NumberType.F16 or NumberType.BF16;

    private static bool AreAccumulators(NumberType c, NumberType d, NumberType factors) =>
        IsAccumulator(c, factors) && IsAccumulator(d, factors);

    private static bool IsAccumulator(NumberType type, NumberType factors) =>
        type == NumberType.F32 || (type == NumberType.F16 && factors == NumberType.F16);

    private static MatrixOperation Product(NumberType factors, int depth, MmaControl control)
    {
        bool single = control is { RowTiles: 1, ColumnTiles: 1, HalfC: false, HalfD: false, Model: MmaModel.Fast };
        return new()
        {
            Function = (factors, single) switch
            {
                (NumberType.BF16, true) => &MmaTiles.Single<BFloat16Factor>,
                (NumberType.BF16, false) => &MmaTiles.Any<BFloat16Factor>,
                (NumberType.F16, true) => &MmaTiles.Single<Binary16Factor>,
                (NumberType.F16, false) => &MmaTiles.Any<Binary16Factor>,
                (_, true) => &MmaTiles.Single<Tf32Factor>,
                _ => &MmaTiles.Any<Tf32Factor>,
            },
            Control = single ? control.Steps : control.Pack(),
            DestinationCount = control.DCount,
            ACount = control.ACount,
            BCount = control.BCount,
            CCount = control.CCount,
            FloatingPointOperations = 2 * 16 * 8 * depth * control.RowTiles * control.ColumnTiles,
            Factors = factors,
        };
    }

    private static MatrixOperation? Rows(Form form)
    {
        bool load = form.Opcode == "ldmatrix";
        NumberType type = form.TakeType();
        int matrices = form.TakeAny("x1", "x2", "x4") switch
        {
            "x1" => 1,
            "x2" => 2,
            "x4" => 4,
            _ => 0,
        };
        form.TakeAny("shared", "shared::cta");
        if (type != NumberType.B16 || matrices == 0 || !form.Take("m8n8"))
        {
            return null;
        }

        return new()
        {
            Function = load ? &MatrixRows.Load : &MatrixRows.Store,
            Control = matrices | (form.Take("trans") ? MatrixRows.Transposed : 0),
            Kind = load ? MatrixOperationKind.LoadLaneRows : MatrixOperationKind.StoreLaneRows,
            DestinationCount = load ? matrices : 0,
            ACount = load ? 0 : matrices,
            Rows = matrices * MatrixRows.Size,
            RowBytes = 2 * MatrixRows.Size,
            ElementBytes = 2,
            Factors = type,
        };
    }
}
