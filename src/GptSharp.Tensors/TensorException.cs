namespace GptSharp.Tensors;

/// <summary>A tensor operation that cannot be done as asked; the message names the operation, the shapes and the remedy.</summary>
public class TensorException : InvalidOperationException
{
    /// <summary>Creates the exception with its one clear sentence.</summary>
    public TensorException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its one clear sentence and what caused it.</summary>
    public TensorException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a message; the other constructors say more.</summary>
    public TensorException()
    {
    }
}
