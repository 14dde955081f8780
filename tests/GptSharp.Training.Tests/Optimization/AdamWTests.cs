using System.Text.Json;
using GptSharp.Files.Safetensors;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Tests.Optimization;

public sealed class AdamWTests
{
    private static readonly (string Name, Shape Shape)[] Parameters =
    [
        // A matrix of one row: PyTorch decayed the vector as well, which AdamW does not do here.
        ("p37", (1, 37)), ("p24x40", (24, 40)), ("p40x24", (40, 24)), ("p64x64", (64, 64)),
    ];

    private static string File(string name) => Path.Combine(Golden.Folder, "optimizers", name);

    private static (double LearningRate, AdamWOptions Options) Settings(string setting)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(File("settings.json")));
        JsonElement values = document.RootElement.GetProperty("adamw").GetProperty(setting);
        JsonElement betas = values.GetProperty("betas");
        return (values.GetProperty("lr").GetDouble(), new AdamWOptions(
            betas[0].GetDouble(), betas[1].GetDouble(), values.GetProperty("eps").GetDouble(), values.GetProperty("weight_decay").GetDouble(),
            double.PositiveInfinity));
    }

    private static List<(string Name, double Distance)> Compare(string setting, string deviceName)
    {
        using SafetensorsFile inputs = SafetensorsFile.Open(File("inputs.safetensors"));
        using SafetensorsFile golden = SafetensorsFile.Open(File("adamw.safetensors"));
        (double learningRate, AdamWOptions options) = Settings(setting);
        using Device device = Devices.Open(deviceName, threads: 2);
        using ModelArena arena = device.Engine.NewModelArena(device.Precision);
        Parameter[] parameters = [.. Parameters.Select(parameter => arena.Declare(parameter.Name, parameter.Shape))];
        arena.Commit();
        var optimizer = new AdamW(arena, options);
        foreach (Parameter parameter in parameters)
        {
            parameter.Value.UploadDoubles(inputs.ReadDoubles($"init.{parameter.Name}"));
        }

        List<(string, double)> distances = [];
        for (int update = 1; update <= 20; update++)
        {
            using Step step = device.Engine.BeginStep(StepOptions.Evaluate);
            Tensor norm = optimizer.GradientNorm();     // before the gradients are set: it clears those that no backward wrote
            foreach (Parameter parameter in parameters)
            {
                int count = (int)parameter.Value.Count;
                arena.Gradients![parameter].UploadDoubles(inputs.ReadDoubles($"grad.{parameter.Name}").AsSpan((update - 1) * count, count));
            }

            optimizer.Update(step, norm, learningRate);
            if (update is 1 or 5 or 20)
            {
                foreach (Parameter parameter in parameters)
                {
                    Add("param", parameter, arena.Values!);
                    Add("exp_avg", parameter, optimizer.FirstMoment);
                    Add("exp_avg_sq", parameter, optimizer.SecondMoment);
                }
            }

            void Add(string state, Parameter parameter, ParameterBuffer buffer)
            {
                string name = $"{setting}.after{update}.{state}.{parameter.Name}";
                distances.Add((name, RelativeDistance.Between(golden.ReadDoubles(name), buffer[parameter].ToDoubles())));
            }
        }

        return distances;
    }

    [Theory]
    [InlineData("default", "reference", 1e-9)]
    [InlineData("decay", "reference", 1e-9)]
    [InlineData("default", "cpu", 1e-6)]
    [InlineData("decay", "cpu", 1e-6)]
    public void Parameters_and_moments_are_those_of_PyTorch_after_1_5_and_20_updates(string setting, string device, double tolerance)
    {
        List<(string Name, double Distance)> distances = Compare(setting, device);
        Assert.Equal(3 * 3 * 4, distances.Count);
        Assert.All(distances, entry => Assert.True(entry.Distance <= tolerance, $"{entry.Name}: {entry.Distance}"));
    }
}
