using GptSharp.Tensors;
using GptSharp.Training.Machine;

namespace GptSharp.Training;

/// <summary>What a command computes on: an engine, and how it stores numbers. Disposing it frees the engine.</summary>
/// <param name="Name">The device itself, <c>cpu</c> for example, also when <c>auto</c> was asked for.</param>
/// <param name="Engine">The engine on it.</param>
/// <param name="Precision">The most exact numbers that it computes with: F64 on <c>reference</c>, otherwise F32.</param>
/// <param name="Description">One line for people, for example <c>cpu (AVX-512, 2 threads)</c>.</param>
public sealed record Device(string Name, Engine Engine, Precision Precision, string Description) : IDisposable
{
    /// <summary>Bytes of memory that the device could still give: a GPU's own, or else the machine's.</summary>
    public long FreeBytes => Engine.Backend.FreeBytes ?? AvailableMemory.Bytes();

    /// <summary>Frees the engine and everything on it.</summary>
    public void Dispose() => Engine.Dispose();
}
