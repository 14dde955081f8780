using GptSharp.Cuda;
using GptSharp.Data;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Training;

namespace GptSharp.Cli;

/// <summary>The one place that turns an exception into a sentence and an exit code.</summary>
/// <param name="Sentence">What went wrong.</param>
/// <param name="ExitCode">The exit code.</param>
/// <param name="IsExpected">Whether the user can mend it; otherwise it is a bug of this program's.</param>
internal sealed record Failure(string Sentence, int ExitCode, bool IsExpected)
{
    public static Failure From(Exception exception) => exception switch
    {
        // A character that the model does not know comes from a prompt on the command line or in a configuration.
        ConfigurationException or UnknownCharacterException => new(exception.Message, Cli.ExitCode.WrongInput, true),
        OperationCanceledException => new("interrupted.", Cli.ExitCode.Interrupted, true),

        // The libraries refuse files and devices with these, and the system speaks through them; all write whole sentences.
        IOException or InvalidDataException or UnauthorizedAccessException or CorpusException or TensorException or TrainingException or CudaException =>
            new(exception.Message, Cli.ExitCode.Failed, true),
        OutOfMemoryException => new("there is not enough memory; a smaller batch, block or model needs less.", Cli.ExitCode.Failed, true),
        AggregateException { InnerExceptions: [Exception only] } => From(only),
        _ => new($"{exception.GetType().Name}: {exception.Message}", Cli.ExitCode.Failed, false),
    };
}
