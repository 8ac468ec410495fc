namespace Marketplace.Storage;

/// <summary>Writes to an embedded store as fast as it takes them: many writes wait for the same fsync.</summary>
internal sealed class EmbeddedWrites(EmbeddedStore store)
{
    private readonly List<Task> _underWay = [];
    private readonly List<ReadOnlyMemory<byte>> _entries = [];
    private string _stream = "";
    private long _version;
    private long _entryBytes;
    private long _bytesUnderWay;

    public ValueTask Document(DocumentKey key, ReadOnlyMemory<byte> content) =>
        Add(store.Write(key, 0, content.ToArray()).AsTask(), content.Length);

    public async ValueTask Entry(string stream, long version, ReadOnlyMemory<byte> content)
    {
        var isFull = _entries.Count == MovePolicy.EntriesPerAppend || _entryBytes + content.Length > MovePolicy.BytesPerAppend;
        if (_entries.Count > 0 && (stream != _stream || isFull))
        {
            await Append().ConfigureAwait(false);
        }
        // Appends of one stream follow each other; those of several streams wait together.
        if (stream == _stream && version > 1 && _entries.Count == 0)
        {
            await WaitForAll().ConfigureAwait(false);
        }
        _stream = stream;
        _version = version;
        _entries.Add(content.ToArray());
        _entryBytes += content.Length;
    }

    public async ValueTask Finish()
    {
        if (_entries.Count > 0)
        {
            await Append().ConfigureAwait(false);
        }
        await WaitForAll().ConfigureAwait(false);
    }

    private ValueTask Append()
    {
        var (entries, bytes) = (_entries.ToArray(), _entryBytes);
        _entries.Clear();
        _entryBytes = 0;
        return Add(store.Append(_stream, _version - entries.Length, entries).AsTask(), bytes);
    }

    private async ValueTask Add(Task write, long bytes)
    {
        _underWay.Add(write);
        _bytesUnderWay += bytes;
        if (_underWay.Count >= MovePolicy.WritesUnderWayMax || _bytesUnderWay > MovePolicy.BytesUnderWayMax)
        {
            await WaitForAll().ConfigureAwait(false);
        }
    }

    private async ValueTask WaitForAll()
    {
        await Task.WhenAll(_underWay).ConfigureAwait(false);
        _underWay.Clear();
        _bytesUnderWay = 0;
    }
}
