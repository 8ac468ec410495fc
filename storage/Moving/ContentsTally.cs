using System.Buffers.Binary;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// Counts contents and sums up their hashes modulo 2^256. A sum, because two stores give the same contents in different orders and neither
/// can be sorted in memory. It finds what was lost, doubled or changed by accident. An attacker who chooses contents could make two sums
/// meet, but could also rewrite the whole file.
/// </summary>
internal sealed class ContentsTally
{
    private static readonly Blake3Domain Domain = new("marketplace 2026 store contents v1");

    private readonly Blake3Hasher _hasher = Domain.CreateHasher();
    private readonly ulong[] _sum = new ulong[Bytes32.Size / sizeof(ulong)];
    private readonly byte[] _number = new byte[sizeof(long)];
    private long _documents;
    private long _streams;
    private long _entries;
    private long _blobs;
    private long _blobBytes;

    public ContentsSummary Summary
    {
        get
        {
            var digest = new byte[Bytes32.Size];
            for (var word = 0; word < _sum.Length; word++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(word * sizeof(ulong)), _sum[word]);
            }
            return new ContentsSummary(_documents, _streams, _entries, _blobs, _blobBytes, new Bytes32(digest));
        }
    }

    public void Document(DocumentKey key, ReadOnlySpan<byte> content)
    {
        _documents++;
        Begin(ExportRecordKind.Document);
        Name(key.Kind);
        Name(key.Id);
        End(content);
    }

    public void Entry(string stream, long version, ReadOnlySpan<byte> content)
    {
        _entries++;
        if (version == 1)
        {
            _streams++;
        }
        Begin(ExportRecordKind.Entry);
        Name(stream);
        Number(version);
        End(content);
    }

    public void Blob(BlobId id, long size)
    {
        _blobs++;
        _blobBytes += size;
        Begin(ExportRecordKind.Blob);
        Number(size);
        End(id.Value.ToArray());
    }

    public async ValueTask AddAll(IStoreContents contents, CancellationToken cancellation)
    {
        await foreach (var (key, document) in contents.Documents(cancellation).ConfigureAwait(false))
        {
            Document(key, document.Content.Span);
        }
        await foreach (var (stream, entry) in contents.Entries(cancellation).ConfigureAwait(false))
        {
            Entry(stream, entry.Version, entry.Content.Span);
        }
    }

    private void Begin(ExportRecordKind kind)
    {
        _hasher.Reset();
        _hasher.Update([(byte)kind]);
    }

    private void Name(string name)
    {
        Number(Encoding.UTF8.GetByteCount(name));
        _hasher.Update(Encoding.UTF8.GetBytes(name));
    }

    private void Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_number, value);
        _hasher.Update(_number);
    }

    private void End(ReadOnlySpan<byte> content)
    {
        _hasher.Update(content);
        Span<byte> hash = stackalloc byte[Bytes32.Size];
        _hasher.Finish(hash);
        ulong carry = 0;
        for (var word = 0; word < _sum.Length; word++)
        {
            var sum = (UInt128)_sum[word] + BinaryPrimitives.ReadUInt64LittleEndian(hash[(word * sizeof(ulong))..]) + carry;
            _sum[word] = (ulong)sum;
            carry = (ulong)(sum >> 64);
        }
    }
}
