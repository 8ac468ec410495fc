namespace Marketplace;

/// <summary>Bytes do not hash to the id under which they were sent or asked for. They must not be used.</summary>
public sealed class BlobVerificationException(BlobId expected, BlobId actual, string what)
    : Exception(
        $"{what}: expected {expected}, got {actual}. Do not use these bytes; try again, and if it repeats, "
            + "run 'market store check' on the service's machine."
    )
{
    /// <summary>The id that the bytes were to have.</summary>
    public BlobId Expected { get; } = expected;

    /// <summary>The id that they have.</summary>
    public BlobId Actual { get; } = actual;
}
