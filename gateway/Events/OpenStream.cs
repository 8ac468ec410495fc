namespace Marketplace.Gateway;

/// <summary>An event stream while it is open.</summary>
/// <param name="reader">What it still has to tell.</param>
/// <param name="close">Ends it in the hub that opened it.</param>
internal sealed class OpenStream(EventReader reader, Func<Task> close) : IAsyncDisposable
{
    public EventReader Reader => reader;

    /// <summary>
    /// The id of the last event that its client has, or could have had if it were one of those that the client asked for. Null where the
    /// stream has no ids, and while the reader has more to take.
    /// </summary>
    public Func<string?> Position { get; init; } = static () => null;

    /// <summary>The id that the stream begins with; null where it has no ids.</summary>
    public string? Start { get; init; }

    public async ValueTask DisposeAsync() => await close();
}
