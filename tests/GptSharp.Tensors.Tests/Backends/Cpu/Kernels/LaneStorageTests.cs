using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>Registers loaded from BF16, stored as BF16 and rounded stochastically are what <see cref="BF16"/> says of each number.</summary>
public unsafe class LaneStorageTests
{
    public static TheoryData<SimdPath> Paths => [.. Enum.GetValues<SimdPath>()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void All_patterns_are_widened_and_come_back(SimdPath path)
    {
        SimdPaths.Require(path);
        ushort[] patterns = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];
        var wide = new float[patterns.Length];
        var back = new ushort[patterns.Length];
        fixed (ushort* source = patterns, target = back)
        fixed (float* floats = wide)
        {
            LaneDispatch.Run(new Widen((BF16*)source, floats, patterns.Length), path);
            LaneDispatch.Run(new Narrow(floats, (BF16*)target, patterns.Length), path);
        }

        for (int i = 0; i < patterns.Length; i++)
        {
            Assert.Equal((uint)patterns[i] << 16, BitConverter.SingleToUInt32Bits(wide[i]));
            Assert.Equal(Quiet(patterns[i]), back[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Floats_are_rounded_as_one_by_one(SimdPath path)
    {
        SimdPaths.Require(path);

        // Around every 997th pattern's ties, all binades, infinities and NaNs of both signs among them; then any bits.
        List<float> values = [];
        for (uint upper = 0; upper < 1 << 16; upper += 997)
        {
            foreach (uint lower in (ReadOnlySpan<uint>)[0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF])
            {
                values.Add(BitConverter.UInt32BitsToSingle((upper << 16) | lower));
                values.Add(BitConverter.UInt32BitsToSingle(((upper ^ 1) << 16) | lower));
            }
        }

        values.AddRange([float.MaxValue, float.MinValue, float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f]);
        var random = new Random(1);
        values.AddRange(Enumerable.Range(0, 5000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))));
        float[] floats = [.. values];
        uint[] words = [.. floats.Select((_, i) => i % 3 == 0 ? 0xFFFFFFFF : (uint)random.Next())];
        var nearest = new BF16[floats.Length];
        var stochastic = new BF16[floats.Length];
        fixed (float* source = floats)
        fixed (uint* word = words)
        fixed (BF16* target = nearest, other = stochastic)
        {
            LaneDispatch.Run(new Narrow(source, target, floats.Length), path);
            LaneDispatch.Run(new RoundRandomly(source, word, other, floats.Length), path);
        }

        for (int i = 0; i < floats.Length; i++)
        {
            Assert.Equal((BF16)floats[i], nearest[i]);
            Assert.Equal(BF16.RoundStochastically(floats[i], words[i]), stochastic[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_part_of_a_register_touches_nothing_else(SimdPath path)
    {
        SimdPaths.Require(path);
        int lanes = path.Bits() / 32;
        for (int count = 0; count <= lanes; count++)
        {
            using var source = new GuardedHalves([.. Enumerable.Range(1, count).Select(i => (BF16)(float)i)], isOutput: false);
            using var target = new GuardedHalves(new BF16[count], isOutput: true);
            var whole = new float[lanes];
            fixed (float* floats = whole)
            {
                LaneDispatch.Run(new CopyPart(source, target, floats, count), path);
            }

            source.AssertIntact();
            target.AssertIntact();
            for (int i = 0; i < lanes; i++)
            {
                Assert.Equal(i < count ? i + 1 : 0, whole[i]);
            }

            Assert.Equal(source.Values.ToArray(), target.Values.ToArray());
        }
    }

    // A NaN is stored as a quiet one.
    private static ushort Quiet(ushort bits) => (bits & 0x7FFF) > 0x7F80 ? (ushort)(bits | 0x0040) : bits;

    private readonly struct Widen(BF16* source, float* target, int count) : ILaneAction
    {
        public void Run<T>()
            where T : unmanaged, ILanes<T>
        {
            for (int i = 0; i < count; i += T.Count)
            {
                T.Store(target + i, T.Load(source + i));
            }
        }
    }

    private readonly struct Narrow(float* source, BF16* target, int count) : ILaneAction
    {
        public void Run<T>()
            where T : unmanaged, ILanes<T>
        {
            for (int i = 0; i < count; i += T.Count)
            {
                int lanes = Math.Min(T.Count, count - i);
                Stored.StoreLanes(target + i, T.LoadPartial(source + i, lanes), lanes);
            }
        }
    }

    private readonly struct RoundRandomly(float* source, uint* words, BF16* target, int count) : ILaneAction
    {
        public void Run<T>()
            where T : unmanaged, ILanes<T>
        {
            for (int i = 0; i < count; i += T.Count)
            {
                int lanes = Math.Min(T.Count, count - i);
                T word = T.LoadPartial((float*)words + i, lanes);
                Stored.StoreLanes(target + i, T.RoundStochastically(T.LoadPartial(source + i, lanes), word), lanes);
            }
        }
    }

    private readonly struct CopyPart(BF16* source, BF16* target, float* whole, int count) : ILaneAction
    {
        public void Run<T>()
            where T : unmanaged, ILanes<T>
        {
            T values = T.LoadPartial(source, count);
            T.Store(whole, values);
            T.StorePartial(target, values, count);
        }
    }
}
