using Marketplace.Grains.Codecs;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The snapshots of one account's event log: a head document that names the log's version and the parts, and the parts, in two sets of which
/// one is valid while the other is written. A snapshot that was not finished leaves the head, and with it the older one, as it was.
/// </summary>
internal sealed class AccountSnapshots(IDocumentStore documents, string account)
{
    private const byte Format = 1;
    private const string HeadKind = "account";
    private const string PartKind = "account-part";

    private readonly DocumentKey _head = new(HeadKind, account);
    private long _headVersion;
    private bool _set;

    /// <summary>Bytes of the last snapshot.</summary>
    public int Size { get; private set; }

    /// <returns>The account and the version of the last event in it; an empty one and 0 where there is no snapshot.</returns>
    public async ValueTask<(AccountState Account, long Version)> Load()
    {
        if (await documents.Read(_head) is not { } head)
            return (new AccountState(), 0);
        _headVersion = head.Version;
        var (version, parts, size) = ReadHead(head.Content.Span);
        var bytes = new byte[size];
        var position = 0;
        for (var index = 0; index < parts; index++)
        {
            var key = Part(_set, index);
            var part = await documents.Read(key) ?? throw new InvalidDataException($"The snapshot of account {account} lacks its part '{key}'.");
            if (part.Content.Length > size - position)
                throw new InvalidDataException($"The snapshot of account {account} has more bytes than its head says.");
            part.Content.CopyTo(bytes.AsMemory(position));
            position += part.Content.Length;
        }

        Size = size;
        return (AccountSnapshotCodec.Read(bytes.AsSpan(0, position)), version);
    }

    public async ValueTask Save(ReadOnlyMemory<byte> snapshot, long version)
    {
        var parts = 0;
        for (var position = 0; position < snapshot.Length; position += AccountPolicy.SnapshotPartBytesMax)
        {
            var key = Part(!_set, parts++);
            var before = await documents.Read(key);
            var part = snapshot.Slice(position, Math.Min(AccountPolicy.SnapshotPartBytesMax, snapshot.Length - position));
            await documents.Write(key, before?.Version ?? 0, part);
        }

        _headVersion = await documents.Write(_head, _headVersion, WriteHead(!_set, version, parts, snapshot.Length));
        _set = !_set;
        Size = snapshot.Length;
    }

    private static ReadOnlyMemory<byte> WriteHead(bool set, long version, int parts, int size)
    {
        var writer = new CompactWriter(32);
        writer.Byte(Format);
        writer.Flag(set);
        writer.Signed(version);
        writer.Count(parts);
        writer.Count(size);
        return writer.Finish();
    }

    private (long Version, int Parts, int Size) ReadHead(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The head of an account's snapshot");
        _set = reader.Flag();
        return (reader.Signed(), reader.Count(), reader.Count());
    }

    private DocumentKey Part(bool set, int index) => new(PartKind, $"{account}.{(set ? 1 : 0)}.{index}");
}
