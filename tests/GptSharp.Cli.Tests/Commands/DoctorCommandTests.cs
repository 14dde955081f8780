using System.Globalization;
using GptSharp.Cli.Commands;
using GptSharp.Cli.Machine;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training.Machine;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("gptsharp-doctor-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Put(string path, string text)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private static string[] Report(CgroupLimits limits)
    {
        StringWriter writer = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        DoctorCommand.Write(writer, limits);
        return writer.ToString().Split('\n');
    }

    [Fact]
    public void The_report_names_system_cores_memory_and_limits()
    {
        string[] lines = Report(new(3L << 30, 1.5));
        Assert.Contains(lines, line => line.StartsWith("runtime    .NET 10", StringComparison.Ordinal));
        Assert.Contains($"cores      {Environment.ProcessorCount} visible, cgroup limit 1.5", lines);
        Assert.Contains(lines, line => line.StartsWith("memory", StringComparison.Ordinal) && line.EndsWith("GiB visible, cgroup limit 3.0 GiB", StringComparison.Ordinal));
        Assert.Contains(Report(new(null, null)), line => line.StartsWith("memory", StringComparison.Ordinal) && line.EndsWith("no cgroup limit", StringComparison.Ordinal));
    }

    [Fact]
    public void One_vector_path_is_selected_and_of_each_is_said_where_it_was_executed()
    {
        string[] lines = Report(new(null, null));
        Assert.Single(lines, line => line.Contains("  selected", StringComparison.Ordinal));
        Assert.Equal(
            Enum.GetValues<SimdPath>().Count(path => !CpuFeatures.IsAvailable(path)),
            lines.Count(line => line.Contains("  not on this processor  ", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("NEON ", StringComparison.Ordinal)
            && line.EndsWith("under emulation (qemu), never on Arm hardware", StringComparison.Ordinal));
    }

    [Fact]
    public void Version_2_limits_are_the_least_of_the_group_and_its_parents()
    {
        Put("proc/self/cgroup", "0::/jobs/one\n");
        Put("sys/fs/cgroup/jobs/memory.max", "2147483648\n");
        Put("sys/fs/cgroup/jobs/one/memory.max", "max\n");
        Put("sys/fs/cgroup/jobs/one/cpu.max", "150000 100000\n");
        Put("sys/fs/cgroup/jobs/cpu.max", "max 100000\n");
        Assert.Equal(new CgroupLimits(2L << 30, 1.5, 2L << 30), CgroupLimits.Read(_root));
    }

    [Fact]
    public void Version_1_limits_are_found_by_controller()
    {
        Put("proc/self/cgroup", "5:memory:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/box\n0::/\n");
        Put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
        Put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Put("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "50000\n");
        Put("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
        Put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        Put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        Assert.Equal(new CgroupLimits(1L << 30, 0.5, 1L << 30), CgroupLimits.Read(_root));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense\n")]
    [InlineData("0::/\n")]
    public void Without_limits_or_without_control_groups_there_are_none(string? groups)
    {
        if (groups is not null)
        {
            Put("proc/self/cgroup", groups);
        }

        Assert.Equal(new CgroupLimits(null, null), CgroupLimits.Read(_root));
    }
}
