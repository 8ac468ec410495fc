namespace Orleans.Runtime;

/// <summary>The host is not running, or is shutting down and takes no new calls.</summary>
public sealed class SiloUnavailableException : OrleansMessageRejectionException
{
    public SiloUnavailableException()
        : base("Silo unavailable") { }

    public SiloUnavailableException(string msg)
        : base(msg) { }

    public SiloUnavailableException(string message, Exception innerException)
        : base(message, innerException) { }
}
