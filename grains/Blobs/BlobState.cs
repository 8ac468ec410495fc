using System.Collections.Immutable;
using Marketplace.Grains.Codecs;

namespace Marketplace.Grains;

/// <summary>Who keeps a blob: accounts, each since a moment, and programs, for ever.</summary>
/// <param name="Size">Bytes; 0 where nobody has kept it yet.</param>
/// <param name="Accounts">Those that keep it.</param>
/// <param name="Programs">Those whose module it is.</param>
/// <param name="CollectedUntil">Until then the collector may delete the bytes, and no pin is taken.</param>
internal sealed record BlobState(
    long Size, ImmutableSortedDictionary<AccountId, DateTimeOffset> Accounts, ImmutableSortedSet<ProgramId> Programs, DateTimeOffset CollectedUntil)
{
    /// <summary>Version 1 has no <see cref="CollectedUntil"/>; it is read, not written.</summary>
    private const byte FormatWithoutCollection = 1;
    private const byte Format = 2;

    public bool IsPinned => Accounts.Count + Programs.Count > 0;

    public static BlobState Of(long size) => new(
        size, ImmutableSortedDictionary<AccountId, DateTimeOffset>.Empty, ImmutableSortedSet<ProgramId>.Empty, DateTimeOffset.MinValue);

    public static ReadOnlyMemory<byte> Write(BlobState blob)
    {
        var writer = new CompactWriter(64 + (40 * blob.Accounts.Count) + (32 * blob.Programs.Count));
        writer.Byte(Format);
        writer.Signed(blob.Size);
        writer.Count(blob.Accounts.Count);
        foreach (var (account, pinnedAt) in blob.Accounts)
        {
            writer.Id(account.Value);
            writer.Time(pinnedAt);
        }

        writer.Count(blob.Programs.Count);
        foreach (var program in blob.Programs)
            writer.Id(program.Value);
        writer.Time(blob.CollectedUntil);
        return writer.Finish();
    }

    public static BlobState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var isOld = bytes is [FormatWithoutCollection, ..];
        reader.Version(isOld ? FormatWithoutCollection : Format, "The holders of a blob");
        var size = reader.Signed();
        var accounts = ImmutableSortedDictionary.CreateBuilder<AccountId, DateTimeOffset>();
        for (var left = reader.Items(itemSizeMin: 40); left > 0; left--)
            accounts.Add(new AccountId(reader.Id()), reader.Time());
        var programs = ImmutableSortedSet.CreateBuilder<ProgramId>();
        for (var left = reader.Items(itemSizeMin: 32); left > 0; left--)
            programs.Add(new ProgramId(reader.Id()));
        var collectedUntil = isOld ? DateTimeOffset.MinValue : reader.Time();
        reader.End();
        return new BlobState(size, accounts.ToImmutable(), programs.ToImmutable(), collectedUntil);
    }
}
