namespace Orleans.Runtime;

/// <summary>The host cannot start as it is configured.</summary>
public sealed class OrleansConfigurationException : Exception
{
    public OrleansConfigurationException(string message)
        : base(message) { }

    public OrleansConfigurationException(string message, Exception innerException)
        : base(message, innerException) { }
}
