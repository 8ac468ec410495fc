namespace Orleans.Runtime;

/// <summary>The root of the errors that the programming model raises by itself.</summary>
public class OrleansException : Exception
{
    public OrleansException()
        : base("Unexpected error.") { }

    public OrleansException(string message)
        : base(message) { }

    public OrleansException(string message, Exception innerException)
        : base(message, innerException) { }
}
