using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>Another writer has changed the state since it was read. When it leaves a grain method, the activation ends.</summary>
public class InconsistentStateException : OrleansException
{
    public InconsistentStateException() { }

    public InconsistentStateException(string message)
        : base(message) { }

    public InconsistentStateException(string message, Exception? innerException)
        : base(message, innerException!) { }

    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception? storageException)
        : base(errorMsg, storageException!)
    {
        StoredEtag = storedEtag;
        CurrentEtag = currentEtag;
    }

    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
        : this(errorMsg, storedEtag, currentEtag, null) { }

    public InconsistentStateException(string? storedEtag, string? currentEtag, Exception storageException)
        : this(storageException.Message, storedEtag, currentEtag, storageException) { }

    /// <summary>The ETag found in the store.</summary>
    public string? StoredEtag { get; }

    /// <summary>The ETag that the grain held.</summary>
    public string? CurrentEtag { get; }

    /// <summary>True until it has ended the activation that it happened in: the callers' activations live on.</summary>
    internal bool IsSourceActivation { get; set; } = true;

    public override string ToString() =>
        $"{nameof(InconsistentStateException)}: {Message} Expected Etag={StoredEtag} Received Etag={CurrentEtag} {InnerException}";
}
