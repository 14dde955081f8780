using GptSharp.Cli.Kernels.Families;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Cli.Kernels.Runs;
using GptSharp.Cuda.Emulation;
using Xunit;

namespace GptSharp.Cli.Tests.Kernels;

/// <summary>Every rung of every ladder keeps its contract, and is better than the one before in what its header names.</summary>
public sealed class LadderTests
{
    // Beside the shape that the command takes by itself: one that no tile divides.
    private static readonly Dictionary<string, int[]> Ragged = new()
    {
        ["matmul"] = [104, 72, 136],
        ["attention"] = [2, 77, 3, 64],
        ["layer_norm"] = [5, 333],
    };

    public static TheoryData<string> Families => [.. KernelFamily.All.Select(family => family.Name)];

    public static TheoryData<string, int> Rungs
    {
        get
        {
            var rungs = new TheoryData<string, int>();
            foreach (KernelFamily family in KernelFamily.All)
            {
                foreach (Rung rung in Rung.Ladder(family))
                {
                    rungs.Add(family.Name, rung.Number!.Value);
                }
            }

            return rungs;
        }
    }

    [Theory]
    [MemberData(nameof(Rungs))]
    public void A_rung_is_correct_and_does_nothing_that_it_must_not(string ladder, int number)
    {
        KernelFamily family = KernelFamily.Find(ladder);
        Rung rung = Find(family, number);
        Assert.Null(new RungRun(family, family.DefaultShape, gpu: null).RunOnly(rung).Wrong);

        RungResult ragged = new RungRun(family, Ragged[ladder], gpu: null).Run(rung);
        Assert.Null(ragged.Wrong);
        Assert.True(ragged.IsCorrect || rung.Header.Needs.Count > 0);
    }

    [Theory]
    [MemberData(nameof(Rungs))]
    public void A_rung_has_an_idea_and_improves_the_counter_that_it_names(string ladder, int number)
    {
        KernelFamily family = KernelFamily.Find(ladder);
        Rung rung = Find(family, number);
        string counter = Assert.IsType<string>(rung.Header.Counter);
        Assert.Contains(counter, RungCounters.Names);
        Assert.InRange(rung.Header.Idea.Length, 20, 120);

        // The first names what is wrong with it, for the second to improve.
        var run = new RungRun(family, family.DefaultShape, gpu: null);
        (int worse, int better) = number == 1 ? (1, 2) : (number - 1, number);
        double before = Counted(run.Run(Find(family, worse)), counter), after = Counted(run.Run(Find(family, better)), counter);
        Assert.True(after < before, $"{ladder}, rung {better}: {counter} {after}, on the rung before {before}");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Rungs_are_numbered_from_one_without_a_gap(string ladder)
    {
        IReadOnlyList<Rung> rungs = Rung.Ladder(KernelFamily.Find(ladder));
        Assert.InRange(rungs.Count, 3, 12);
        Assert.Equal(Enumerable.Range(1, rungs.Count), rungs.Select(rung => rung.Number!.Value));
    }

    [Fact]
    public void On_a_device_the_result_is_checked_again_and_the_time_is_measured()
    {
        using var device = new EmulatorDriver();
        KernelFamily family = KernelFamily.Find("layer_norm");
        RungResult result = new RungRun(family, [16, 64], device).Run(Find(family, 1));
        Assert.True(result.IsCorrect);
        Assert.Equal(device.Properties.Name, result.Measured!.Device);
        Assert.True(result.Measured.Microseconds > 0);
        Assert.Null(result.Measured.Share); // nobody sells it, so no data sheet says what it can do
        Assert.Equal(1 + 3 + 21, device.Counts.Launches);
    }

    // Without matrix instructions, instructions per one of them are without end.
    private static double Counted(RungResult result, string counter)
    {
        Assert.Null(result.Wrong);
        return result.Counter(counter) ?? double.PositiveInfinity;
    }

    private static Rung Find(KernelFamily family, int number) => Rung.Ladder(family).Single(rung => rung.Number == number);
}
