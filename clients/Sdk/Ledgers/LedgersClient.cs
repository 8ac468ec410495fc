using System.Globalization;
using Marketplace.Receipts;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// Signed histories of workers, of the market and of the own account. What comes is read by its form only; <see cref="LedgerVerifier"/>
/// checks it.
/// </summary>
public class LedgersClient
{
    private readonly HttpTransport _transport;
    private readonly BlobsClient _blobs;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected LedgersClient() => (_transport, _blobs) = (null!, null!);

    internal LedgersClient(HttpTransport transport, BlobsClient blobs) => (_transport, _blobs) = (transport, blobs);

    /// <summary>The head, signed now by the market. Keep it: every later ledger must agree with it.</summary>
    /// <exception cref="MarketplaceProtocolException">What came is no head of this ledger.</exception>
    public virtual async Task<LedgerHeadFile> Head(LedgerName name, CancellationToken cancellation = default)
    {
        var head = await Read(Routes.Ledger(name.ToString()), bytes => LedgerLines.ParseHead(bytes), cancellation).ConfigureAwait(false);
        return head.Head.Namespace == name
            ? head
            : throw new MarketplaceProtocolException(_transport.Url, $"The head that came for '{name}' is that of '{head.Head.Namespace}'");
    }

    /// <summary>Records from an index on; fewer than asked for where they would be too many bytes, and none beyond the last.</summary>
    /// <param name="name">Whose history.</param>
    /// <param name="from">The first index.</param>
    /// <param name="limit">At most, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <exception cref="MarketplaceProtocolException">What came are no records.</exception>
    public virtual Task<IReadOnlyList<LedgerRecord>> Records(
        LedgerName name,
        long from,
        int limit = 100,
        CancellationToken cancellation = default
    )
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"{Routes.From}={from}&{Routes.Limit}={limit}");
        return Read($"{Routes.LedgerRecords(name.ToString())}?{query}", ParseRecords, cancellation);
    }

    /// <summary>The proof that a record is in the ledger; <see cref="MerkleLog.RootOf"/> checks it.</summary>
    /// <param name="name">Whose history.</param>
    /// <param name="index">The record's.</param>
    /// <param name="size">Among how many records; null: all that there are.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<LedgerProof> Prove(LedgerName name, long index, long? size = null, CancellationToken cancellation = default)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"{Routes.Index}={index}&{Routes.Size}={size ?? 0}");
        return Read($"{Routes.LedgerProof(name.ToString())}?{query}", bytes => LedgerLines.ParseProof(bytes), cancellation);
    }

    /// <summary>The proof that the first records are the beginning of more; <see cref="MerkleLog.IsBeginning"/> checks it.</summary>
    /// <param name="name">Whose history.</param>
    /// <param name="from">How many were there.</param>
    /// <param name="to">How many came to be there; null: all that there are.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public virtual Task<LedgerProof> ProveConsistency(LedgerName name, long from, long? to = null, CancellationToken cancellation = default)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"{Routes.From}={from}&{Routes.To}={to ?? 0}");
        return Read($"{Routes.LedgerConsistency(name.ToString())}?{query}", bytes => LedgerLines.ParseProof(bytes), cancellation);
    }

    /// <summary>
    /// The proof that the market's ledger names what a committee has signed; <see cref="ReceiptEvidence.Batch"/> takes it.
    /// </summary>
    /// <param name="root">What it has signed: <see cref="BatchProof.RootOf"/> of a receipt.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.BatchNotFound"/>: also for some seconds after it was signed.</exception>
    /// <exception cref="MarketplaceProtocolException">What came is no proof of this root.</exception>
    public virtual async Task<BatchProof> Batch(Bytes32 root, CancellationToken cancellation = default)
    {
        var proof = await Read(Routes.Batch(root), bytes => LedgerLines.ParseBatch(bytes), cancellation).ConfigureAwait(false);
        return proof.Root == root
            ? proof
            : throw new MarketplaceProtocolException(_transport.Url, $"The proof that came for the root {root} is that of {proof.Root}");
    }

    /// <summary>Writes the whole ledger, as it is now, in the form of receipts/LEDGER.md. Nothing is checked.</summary>
    /// <returns>Its head.</returns>
    /// <exception cref="MarketplaceProtocolException">Records are missing, or what came is none.</exception>
    public virtual async Task<LedgerHeadFile> Export(LedgerName name, Stream file, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        var head = await Head(name, cancellation).ConfigureAwait(false);
        LedgerFile.Write(
            file,
            LedgerLines.ToJson(
                new LedgerTitle
                {
                    Format = LedgerTitle.FormatName,
                    Domain = head.Domain,
                    Namespace = name,
                }
            )
        );
        for (var next = 0L; next < (long)head.Head.Size; )
        {
            var limit = (int)Math.Min(Routes.PageItemsMax, (long)head.Head.Size - next);
            var records = await Records(name, next, limit, cancellation).ConfigureAwait(false);
            if (records.Count == 0)
            {
                throw new MarketplaceProtocolException(
                    _transport.Url,
                    $"The ledger '{name}' ends before record {next}, and its head says {head.Head.Size}"
                );
            }
            foreach (var record in records)
            {
                LedgerFile.Write(file, LedgerLines.ToJson(record));
            }
            next += records.Count;
        }
        LedgerFile.Write(file, LedgerLines.ToJson(head));
        return head;
    }

    private static IReadOnlyList<LedgerRecord> ParseRecords(byte[] bytes)
    {
        var records = new List<LedgerRecord>();
        for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty; )
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                throw new LedgerFormatException("The last record has no line feed at its end.");
            }
            records.Add(LedgerLines.ParseRecord(rest[..end]));
            rest = rest[(end + 1)..];
        }
        return records;
    }

    private async Task<TAnswer> Read<TAnswer>(string path, Func<byte[], TAnswer> parse, CancellationToken cancellation)
    {
        await using var stream = await _blobs.Open(path, null, cancellation).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        var piece = new byte[SdkPolicy.PieceBytes];
        for (int count; (count = await stream.ReadAsync(piece, cancellation).ConfigureAwait(false)) > 0; )
        {
            bytes.Write(piece, 0, count);
            if (bytes.Length > SdkPolicy.LedgerAnswerBytesMax)
            {
                throw new MarketplaceProtocolException(
                    _transport.Url,
                    $"An answer of a ledger has over {SdkPolicy.LedgerAnswerBytesMax} bytes"
                );
            }
        }
        try
        {
            return parse(bytes.ToArray());
        }
        catch (LedgerFormatException malformed)
        {
            throw new MarketplaceProtocolException(_transport.Url, $"What came of a ledger is none: {malformed.Message}", malformed);
        }
    }
}
