using System.Collections.Immutable;
using System.Globalization;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>Certificates that one operation of the ledger names together.</summary>
/// <param name="Number">Counts the market's batches from 1.</param>
/// <param name="Epoch">Of their committees.</param>
/// <param name="At">When it was made.</param>
/// <param name="Roots">What the certificates sign, ascending; at least one.</param>
internal sealed record CertificateBatch(ulong Number, ulong Epoch, DateTimeOffset At, ImmutableArray<Bytes32> Roots)
{
    /// <summary>The kind of the documents of those that stand in the ledger.</summary>
    public const string Kind = "receipt-batch";

    private const byte Format = 1;

    public static StateForm<CertificateBatch> Form { get; } = new(Write, bytes => Read(bytes.Span));

    /// <summary>Where it stands; null: it is being told.</summary>
    public BatchPlace? Place { get; init; }

    public static DocumentKey KeyOf(ulong number) => new(Kind, number.ToString(CultureInfo.InvariantCulture));

    public MerkleBatch ToTree() => new(Roots.AsSpan());

    public static void Write(CompactWriter writer, CertificateBatch batch)
    {
        writer.Number(batch.Number);
        writer.Number(batch.Epoch);
        writer.Time(batch.At);
        writer.Count(batch.Roots.Length);
        foreach (var root in batch.Roots)
        {
            writer.Id(root);
        }
        writer.Flag(batch.Place is not null);
        if (batch.Place is { } place)
        {
            writer.Id(place.Domain);
            writer.Signed(place.Index);
        }
    }

    public static CertificateBatch Read(ref CompactReader reader)
    {
        var (number, epoch, at) = (reader.Number(), reader.Number(), reader.Time());
        var roots = new Bytes32[reader.Items(itemSizeMin: Bytes32.Size)];
        for (var index = 0; index < roots.Length; index++)
        {
            roots[index] = reader.Id();
        }
        return new CertificateBatch(number, epoch, at, ImmutableArray.Create(roots))
        {
            Place = reader.Flag() ? new BatchPlace(reader.Id(), reader.Signed()) : null,
        };
    }

    private static ReadOnlyMemory<byte> Write(CertificateBatch batch)
    {
        var writer = new CompactWriter(1024);
        writer.Byte(Format);
        Write(writer, batch);
        return writer.Finish();
    }

    private static CertificateBatch Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A batch of certificates");
        var batch = Read(ref reader);
        reader.End();
        return batch;
    }
}

/// <param name="Domain">Whose ledger it is, <see cref="MarketDomain.Id"/>: another one begins another ledger.</param>
/// <param name="Index">Of the record.</param>
internal readonly record struct BatchPlace(Bytes32 Domain, long Index);
