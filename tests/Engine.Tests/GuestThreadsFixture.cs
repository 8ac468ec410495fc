namespace Marketplace.Engine.Tests;

/// <summary>The threads that guests of a test class run on.</summary>
public sealed class GuestThreadsFixture : IDisposable
{
    public GuestThreads Threads { get; } = new(1);

    public void Dispose() => Threads.Dispose();
}
