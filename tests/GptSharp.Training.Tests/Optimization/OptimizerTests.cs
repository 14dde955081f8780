using System.Text.Json;
using GptSharp.Files.Safetensors;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Tests.Optimization;

public sealed class OptimizerTests
{
    private static readonly (string Name, Shape Shape)[] Parameters =
    [
        // A matrix of one row: PyTorch decayed the vector as well, which AdamW does not do here.
        ("p37", (1, 37)), ("p24x40", (24, 40)), ("p40x24", (40, 24)), ("p64x64", (64, 64)),
    ];

    private static string File(string name) => Path.Combine(Golden.Folder, "optimizers", name);

    private static (double LearningRate, Optimizer Optimizer) Create(string kind, string setting, ModelArena arena)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(File("settings.json")));
        JsonElement values = document.RootElement.GetProperty(kind).GetProperty(setting);
        double Number(string name) => values.GetProperty(name).GetDouble();
        return (Number("lr"), kind == "sgd"
            ? new Sgd(arena, new SgdOptions(
                Number("momentum"), values.GetProperty("nesterov").GetBoolean(), Number("weight_decay"), double.PositiveInfinity))
            : new AdamW(arena, new AdamWOptions(
                values.GetProperty("betas")[0].GetDouble(), values.GetProperty("betas")[1].GetDouble(), Number("eps"), Number("weight_decay"),
                double.PositiveInfinity)));
    }

    private static List<(string Name, double Distance)> Compare(string kind, string setting, string deviceName)
    {
        using SafetensorsFile inputs = SafetensorsFile.Open(File("inputs.safetensors"));
        using SafetensorsFile golden = SafetensorsFile.Open(File($"{kind}.safetensors"));
        using Device device = Devices.Open(deviceName, threads: 2);
        using ModelArena arena = device.Engine.NewModelArena(device.Precision);
        Parameter[] parameters = [.. Parameters.Select(parameter => arena.Declare(parameter.Name, parameter.Shape))];
        arena.Commit();
        (double learningRate, Optimizer optimizer) = Create(kind, setting, arena);
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
                    foreach (ParameterBuffer state in optimizer.States)
                    {
                        Add(state.Name, parameter, state);
                    }
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
    [InlineData("adamw", "default", "reference", 1e-9)]
    [InlineData("adamw", "decay", "reference", 1e-9)]
    [InlineData("adamw", "default", "cpu", 1e-6)]
    [InlineData("adamw", "decay", "cpu", 1e-6)]
    [InlineData("sgd", "momentum", "reference", 1e-9)]
    [InlineData("sgd", "nesterov", "reference", 1e-9)]
    [InlineData("sgd", "momentum", "cpu", 1e-6)]
    [InlineData("sgd", "nesterov", "cpu", 1e-6)]
    public void Parameters_and_moments_are_those_of_PyTorch_after_1_5_and_20_updates(
        string kind, string setting, string device, double tolerance)
    {
        List<(string Name, double Distance)> distances = Compare(kind, setting, device);
        Assert.Equal(3 * 4 * (kind == "sgd" ? 2 : 3), distances.Count);
        Assert.All(distances, entry => Assert.True(entry.Distance <= tolerance, $"{entry.Name}: {entry.Distance}"));
    }
}
