namespace GptSharp.Ptx.Memory;

/// <summary>A launch that a check stopped.</summary>
public sealed class KernelFaultException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="finding">What was found.</param>
    public KernelFaultException(Finding finding)
        : base(finding.ToString()) => Finding = finding;

    /// <summary>What was found.</summary>
    public Finding Finding { get; }
}
