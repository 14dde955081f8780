using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Threading;

public sealed class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_part_of_every_loop_runs_exactly_once(int threads)
    {
        using var team = new ThreadTeam(threads, SimdPath.Vector128);
        for (int loop = 0; loop < 3000; loop++)
        {
            int count = loop % 37;
            var hits = new int[count];

            team.For(count, new CountHits(hits));

            Assert.All(hits, hit => Assert.Equal(1, hit));
        }
    }

    [Fact]
    public void Loops_after_a_pause_wake_parked_threads()
    {
        using var team = new ThreadTeam(3, SimdPath.Vector128);
        for (int loop = 0; loop < 20; loop++)
        {
            Thread.Sleep(2);
            var hits = new int[64];

            team.For(64, new CountHits(hits));

            Assert.All(hits, hit => Assert.Equal(1, hit));
        }
    }

    [Fact]
    public void An_exception_of_a_part_reaches_the_caller_after_the_others_ran()
    {
        using var team = new ThreadTeam(2, SimdPath.Vector128);
        var hits = new int[50];

        Assert.Throws<InvalidTimeZoneException>(() => team.For(50, new FailAt(hits, 17)));
        Assert.Equal(50, hits.Sum());

        team.For(50, new CountHits(hits));
        Assert.Equal(100, hits.Sum());
    }

    [Fact]
    public void A_loop_inside_a_part_runs_on_the_spot()
    {
        using var team = new ThreadTeam(2, SimdPath.Vector128);
        var hits = new int[12];

        team.For(3, new Nested(team, hits));

        Assert.All(hits, hit => Assert.Equal(3, hit));
    }

    [Fact]
    public void Workers_have_numbers_below_the_thread_count()
    {
        using var team = new ThreadTeam(3, SimdPath.Vector128);
        var workers = new int[500];

        team.For(500, new NoteWorker(team, workers));

        Assert.All(workers, worker => Assert.InRange(worker, 0, 2));
        Assert.Equal(0, team.CurrentWorker);
    }

    [Fact]
    public void A_loop_allocates_nothing()
    {
        using var team = new ThreadTeam(2, SimdPath.Vector128);
        var hits = new int[64];
        team.For(64, new CountHits(hits));
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int loop = 0; loop < 100; loop++)
        {
            team.For(64, new CountHits(hits));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private readonly struct CountHits(int[] hits) : IParallelBody
    {
        public void Run(int index) => Interlocked.Increment(ref hits[index]);
    }

    private readonly struct FailAt(int[] hits, int failing) : IParallelBody
    {
        public void Run(int index)
        {
            Interlocked.Increment(ref hits[index]);
            if (index == failing)
            {
                throw new InvalidTimeZoneException("the part failed");
            }
        }
    }

    private readonly struct Nested(ThreadTeam team, int[] hits) : IParallelBody
    {
        public void Run(int index) => team.For(hits.Length, new CountHits(hits));
    }

    private readonly struct NoteWorker(ThreadTeam team, int[] workers) : IParallelBody
    {
        public void Run(int index) => workers[index] = team.CurrentWorker;
    }
}
