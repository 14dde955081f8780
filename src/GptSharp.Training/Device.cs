using GptSharp.Tensors;

namespace GptSharp.Training;

/// <summary>What a command computes on: an engine, and how it stores numbers. Disposing it frees the engine.</summary>
/// <param name="Name">The device itself, <c>cpu</c> for example, also when <c>auto</c> was asked for.</param>
/// <param name="Engine">The engine on it.</param>
/// <param name="Precision">The most exact numbers that it computes with: F64 on <c>reference</c>, otherwise F32.</param>
/// <param name="Description">One line for people, for example <c>cpu (AVX-512, 2 threads)</c>.</param>
public sealed record Device(string Name, Engine Engine, Precision Precision, string Description) : IDisposable
{
    /// <summary>Frees the engine and everything on it.</summary>
    public void Dispose() => Engine.Dispose();
}
