namespace Marketplace.Storage;

/// <summary>Checks what callers hand to a store, before anything happens; every store checks the same.</summary>
internal static class StoreArguments
{
    public static void Check(DocumentKey key)
    {
        CheckName(key.Kind, "kind");
        CheckName(key.Id, "id");
    }

    public static void CheckName(string name, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, what);
        // Every character has at least one byte, and at most three.
        if (name.Length * 3 <= StoragePolicy.NameBytesMax && System.Text.Ascii.IsValid(name) && !name.Contains('\0'))
        {
            return;
        }
        int bytes;
        try
        {
            bytes = JournalFormat.Text.GetByteCount(name);
        }
        catch (System.Text.EncoderFallbackException malformed)
        {
            throw new ArgumentException($"The {what} is not well-formed text: a surrogate stands alone.", what, malformed);
        }
        // PostgreSQL's text cannot hold it, and much else ends a text there.
        if (name.Contains('\0'))
        {
            throw new ArgumentException($"The {what} contains the character U+0000.", what);
        }
        if (bytes > StoragePolicy.NameBytesMax)
        {
            throw new ArgumentException($"The {what} has {bytes} bytes, at most {StoragePolicy.NameBytesMax} are allowed.", what);
        }
    }

    public static void CheckVersion(long expectedVersion) => ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);

    public static void CheckSize(long bytes)
    {
        if (bytes > StoragePolicy.DocumentBytesMax)
        {
            throw new ArgumentException(
                $"{bytes} bytes are more than the {StoragePolicy.DocumentBytesMax} that one write may have.",
                nameof(bytes)
            );
        }
    }

    /// <returns>The entries' bytes together.</returns>
    public static int Check(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count is 0 or > StoragePolicy.AppendEntriesMax)
        {
            throw new ArgumentException(
                $"An append has 1 to {StoragePolicy.AppendEntriesMax} entries, not {entries.Count}.",
                nameof(entries)
            );
        }
        var total = 0L;
        for (var index = 0; index < entries.Count; index++)
        {
            total += entries[index].Length;
        }
        CheckSize(total);
        return (int)total;
    }

    public static void Check(ListingQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > StoragePolicy.PageRowsMax)
        {
            throw new ArgumentException($"A page has 1 to {StoragePolicy.PageRowsMax} rows, not {query.Limit}.", nameof(query));
        }
        if (query.IdPrefix is { } prefix && (prefix.Length == 0 || !System.Text.Ascii.IsValid(prefix) || query.After is not null))
        {
            throw new ArgumentException("A prefix of ids is ASCII, has one character or more, and stands without a cursor.", nameof(query));
        }
    }
}
