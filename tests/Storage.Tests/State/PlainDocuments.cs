using System.Runtime.CompilerServices;

namespace Marketplace.Storage.State;

/// <summary>What becomes of a write.</summary>
public enum WriteEnd
{
    Done,
    Lost,
    DoneUnconfirmed,
}

/// <summary>Documents in memory, as the contract says, with writes that fail when a test wants it.</summary>
public sealed class PlainDocuments : IDocumentStore
{
    private readonly SortedDictionary<(string Kind, string Id), Document> _documents = [];

    /// <summary>Asked before each write and deletion, with its number.</summary>
    public Func<int, WriteEnd> OnWrite { get; set; } = _ => WriteEnd.Done;

    public int Writes { get; private set; }
    public int Reads { get; private set; }
    public IEnumerable<string> Ids => _documents.Keys.Select(key => $"{key.Kind}/{key.Id}");

    public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default)
    {
        Reads++;
        return new(_documents.TryGetValue((key.Kind, key.Id), out var found) ? found : null);
    }

    public async ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, StoragePolicy.DocumentBytesMax);
        var own = content.ToArray();
        await Do(key, expectedVersion, () => _documents[(key.Kind, key.Id)] = new Document(expectedVersion + 1, own));
        return expectedVersion + 1;
    }

    public async ValueTask Delete(DocumentKey key, long expectedVersion) =>
        await Do(key, expectedVersion, () => _documents.Remove((key.Kind, key.Id)));

    public async IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        await Task.CompletedTask;
        foreach (var (key, document) in _documents.Where(pair => pair.Key.Kind == kind).ToArray())
        {
            yield return new(new DocumentKey(key.Kind, key.Id), document);
        }
    }

    public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
        string kind,
        string state,
        CancellationToken cancellation = default
    ) => Scan(kind, cancellation);

    /// <summary>The same documents as a move to another store leaves them: each at its first version.</summary>
    public PlainDocuments Moved()
    {
        var moved = new PlainDocuments();
        foreach (var (key, document) in _documents)
        {
            moved._documents[key] = document with { Version = 1 };
        }
        return moved;
    }

    /// <summary>Changes one bit of a stored document.</summary>
    public void Flip(string kind, string id, int bit)
    {
        var document = _documents[(kind, id)];
        var bytes = document.Content.ToArray();
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        _documents[(kind, id)] = document with { Content = bytes };
    }

    private async Task Do(DocumentKey key, long expectedVersion, Action write)
    {
        await Task.CompletedTask;
        var end = OnWrite(Writes++);
        if (end == WriteEnd.Lost)
        {
            throw new IOException($"The write of {key} was lost.");
        }
        var stored = _documents.TryGetValue((key.Kind, key.Id), out var found) ? found.Version : 0;
        if (stored != expectedVersion)
        {
            throw new VersionConflictException(key.ToString(), expectedVersion, stored);
        }
        write();
        if (end == WriteEnd.DoneUnconfirmed)
        {
            throw new IOException($"The write of {key} was not confirmed.");
        }
    }
}
