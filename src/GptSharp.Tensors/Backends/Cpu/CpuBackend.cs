using System.Globalization;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu;

/// <summary>
/// The fast host backend: F32 and BF16, vector instructions, one team of threads. An operation here only hands its tensors' addresses to
/// a kernel (<c>Kernels/</c>, <c>Gemm/</c>) that knows nothing of tensors.
/// </summary>
public sealed partial class CpuBackend : HostMemory, IBackend
{
    private readonly ThreadTeam _team;
    private readonly MatrixMultiplier _gemm;
    private readonly Scratch _scratch;

    /// <summary>Starts the backend.</summary>
    /// <param name="threads">Threads in all; null for as many as the process may use processors.</param>
    /// <param name="path">Vector instructions; null for the best there are, or what the environment variable says.</param>
    public CpuBackend(int? threads = null, SimdPath? path = null)
    {
        SimdPath chosen = path ?? CpuFeatures.Select();
        _team = new ThreadTeam(threads ?? Environment.ProcessorCount, chosen);
        _gemm = new MatrixMultiplier(_team, this);
        _scratch = new Scratch(this);
    }

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public string Description => string.Create(
        CultureInfo.InvariantCulture,
        $"cpu ({PathName}, {_team.ThreadCount} {(_team.ThreadCount == 1 ? "thread" : "threads")})");

    /// <inheritdoc/>
    public string Arithmetic => $"cpu ({PathName})";

    /// <summary>The vector instructions in use.</summary>
    public SimdPath Path => _team.Path;

    /// <summary>Threads in use.</summary>
    public int ThreadCount => _team.ThreadCount;

    /// <inheritdoc/>
    public long WorkspaceBytes => _scratch.Bytes + _gemm.WorkspaceBytes;

    private string PathName => Path switch
    {
        SimdPath.Avx512BF16 => "AVX-512 with BF16",
        SimdPath.Avx512 => "AVX-512",
        SimdPath.Avx2 => "AVX2",
        SimdPath.Neon => "NEON",
        _ => "128-bit vectors",
    };

    /// <inheritdoc/>
    public bool Supports(DType type) => type != DType.F64;

    /// <inheritdoc/>
    /// <exception cref="TensorException">A weight there lies in panels.</exception>
    public override void Upload(nint destination, ReadOnlySpan<byte> source)
    {
        RefuseArranged("upload", destination, source.Length);
        base.Upload(destination, source);
    }

    /// <summary>Copies out of backend memory, on every thread of the team.</summary>
    /// <exception cref="TensorException">A weight there lies in panels.</exception>
    public override unsafe void Download(Span<byte> destination, nint source)
    {
        RefuseArranged("download", source, destination.Length);
        fixed (byte* first = destination)
        {
            ElementwiseKernels.Copy(first, (byte*)source, destination.Length, _team);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _gemm.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Starts a loop, waits until every thread has joined it, and ends it.</summary>
    internal unsafe void Gather()
    {
        int arrived = 0;
        _team.For(_team.ThreadCount, new Gathering(&arrived, _team.ThreadCount));
    }

    private static int Rows(Tensor tensor) => checked((int)tensor.Shape.Rows);

    private readonly unsafe struct Gathering(int* arrived, int threads) : IParallelBody
    {
        // Some ten microseconds; who comes later than that is not waited for, lest a busy machine stop the measurement.
        private const int MostSpins = 2000;

        public void Run(int index)
        {
            Interlocked.Increment(ref *arrived);
            for (int spin = 0; spin < MostSpins && Volatile.Read(ref *arrived) < threads; spin++)
            {
                Thread.SpinWait(1);
            }
        }
    }
}
