using GptSharp.Cuda;

namespace GptSharp.Kernels.Tests;

/// <summary>Which epilogue a product's kernel has; its fields are the kernel's first parameter.</summary>
internal enum ProductEpilogue
{
    Linear,
    Activation,
    Slope,
}

/// <summary>How a product's operands lie, see <c>kernels/matrix_tiles.cuh</c>.</summary>
internal enum OperandForm
{
    NT,
    NN,
    TN,
}

/// <summary>A kernel of a product, as it is launched.</summary>
/// <param name="Image">Source file.</param>
/// <param name="Name">The kernel without its types.</param>
/// <param name="Rows">Rows of its tile.</param>
/// <param name="Columns">Columns of its tile.</param>
internal sealed record ProductKernel(string Image, string Name, OperandForm Form, ProductEpilogue Epilogue, int Rows, int Columns)
{
    public bool IsAny => Image == "product_any";

    /// <summary>Threads and dynamic shared memory, computed from what the headers say.</summary>
    public LaunchShape Shape(bool halves, int m, int n)
    {
        int blocks = ((m + Rows - 1) / Rows) * ((n + Columns - 1) / Columns);
        bool small = Rows == 64;
        return IsAny || Rows <= 16 ? new(blocks, 256)
            : halves ? new(blocks, small ? 128 : 256, 3 * (Rows + Columns) * 128)
            : new(blocks, small ? 128 : 256, 64 * (Rows + Columns + 8));
    }

    public override string ToString() => Name;
}

/// <summary>All kernels of products.</summary>
internal static class ProductKernels
{
    private static readonly (string Name, OperandForm Form, ProductEpilogue Epilogue)[] Products =
    [
        ("linear", OperandForm.NT, ProductEpilogue.Linear),
        ("linear_activation", OperandForm.NT, ProductEpilogue.Activation),
        ("linear_backward_input", OperandForm.NN, ProductEpilogue.Linear),
        ("linear_backward_input_activation", OperandForm.NN, ProductEpilogue.Slope),
        ("linear_backward_weight", OperandForm.TN, ProductEpilogue.Linear),
    ];

    /// <summary>Those with a tile of their own, and the types that each comes in.</summary>
    public static IEnumerable<(ProductKernel Kernel, string Types)> Tiled =>
        from product in Products
        from tile in new (int Rows, int Columns)[] { (64, 64), (128, 128), (128, 256) }
        from types in new[] { "f32", "bf16", "bf16_f32" }
        where (types != "f32" || tile.Columns != 256) && (types != "bf16_f32" || product.Form == OperandForm.TN)
        select (Find(product.Name, tile.Rows, tile.Columns), types);

    /// <summary>The kernel of a product with a tile.</summary>
    public static ProductKernel Find(string product, int rows, int columns)
    {
        (string name, OperandForm form, ProductEpilogue epilogue) = Products.Single(candidate => candidate.Name == product);
        return new(name, $"{name}_{rows}x{columns}", form, epilogue, rows, columns);
    }

    /// <summary>The kernel for operands that lie in any way.</summary>
    public static ProductKernel Any(OperandForm form, ProductEpilogue epilogue) => new(
        "product_any",
        epilogue switch
        {
            ProductEpilogue.Linear => "product_any",
            ProductEpilogue.Activation => "product_activation_any",
            _ => "product_slope_any",
        },
        form,
        epilogue,
        64,
        64);
}
