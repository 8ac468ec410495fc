namespace Orleans.Runtime;

/// <summary>The call was not accepted by its target; nothing ran.</summary>
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message)
        : base(message) { }

    internal OrleansMessageRejectionException(string message, Exception innerException)
        : base(message, innerException) { }
}
