namespace Marketplace.Worker.Protocol;

/// <summary>What a connection's messages may take of its process's memory. Asked before the memory is there. Thread-safe.</summary>
public interface ILinkMemory
{
    /// <returns>False where there is no room now.</returns>
    bool TryTake(int bytes);

    void Return(int bytes);
}

/// <summary>The memory of a worker, whose only connection is bounded by its window.</summary>
public sealed class OneLinkMemory : ILinkMemory
{
    public bool TryTake(int bytes) => true;

    public void Return(int bytes)
    {
        // Nothing is counted: there is one window.
    }
}
