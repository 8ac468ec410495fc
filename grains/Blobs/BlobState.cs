using System.Collections.Immutable;
using Marketplace.Grains.Codecs;

namespace Marketplace.Grains;

/// <summary>Who keeps a blob: accounts, each since a moment, and programs, until they are removed and no job needs them.</summary>
/// <param name="Size">Bytes; 0 where nobody has kept it yet.</param>
/// <param name="Accounts">Those that keep it.</param>
/// <param name="Programs">Those whose module it is, with the moment of their removal; <see cref="Deployed"/> for those that were not.</param>
/// <param name="CollectedUntil">Until then the collector may delete the bytes, and no pin is taken.</param>
internal sealed record BlobState(
    long Size, ImmutableSortedDictionary<AccountId, DateTimeOffset> Accounts, ImmutableSortedDictionary<ProgramId, DateTimeOffset> Programs,
    DateTimeOffset CollectedUntil)
{
    /// <summary>Version 1 has no <see cref="CollectedUntil"/>, version 2 no moments of programs; they are read, not written.</summary>
    private const byte FormatWithoutCollection = 1;
    private const byte FormatWithoutRemovals = 2;
    private const byte Format = 3;

    /// <summary>The moment of removal of a program that was not removed.</summary>
    public static readonly DateTimeOffset Deployed = DateTimeOffset.MaxValue;

    public bool IsPinned => Accounts.Count + Programs.Count > 0;

    public static BlobState Of(long size) => new(
        size, ImmutableSortedDictionary<AccountId, DateTimeOffset>.Empty, ImmutableSortedDictionary<ProgramId, DateTimeOffset>.Empty,
        DateTimeOffset.MinValue);

    public static ReadOnlyMemory<byte> Write(BlobState blob)
    {
        var writer = new CompactWriter(64 + (40 * blob.Accounts.Count) + (40 * blob.Programs.Count));
        writer.Byte(Format);
        writer.Signed(blob.Size);
        writer.Count(blob.Accounts.Count);
        foreach (var (account, pinnedAt) in blob.Accounts)
        {
            writer.Id(account.Value);
            writer.Time(pinnedAt);
        }

        writer.Count(blob.Programs.Count);
        foreach (var (program, removedAt) in blob.Programs)
        {
            writer.Id(program.Value);
            writer.Flag(removedAt != Deployed);
            if (removedAt != Deployed)
                writer.Time(removedAt);
        }

        writer.Time(blob.CollectedUntil);
        return writer.Finish();
    }

    public static BlobState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = bytes is [FormatWithoutCollection or FormatWithoutRemovals, ..] ? bytes[0] : Format;
        reader.Version(format, "The holders of a blob");
        var size = reader.Signed();
        var accounts = ImmutableSortedDictionary.CreateBuilder<AccountId, DateTimeOffset>();
        for (var left = reader.Items(itemSizeMin: 40); left > 0; left--)
            accounts.Add(new AccountId(reader.Id()), reader.Time());
        var programs = ImmutableSortedDictionary.CreateBuilder<ProgramId, DateTimeOffset>();
        for (var left = reader.Items(itemSizeMin: 32); left > 0; left--)
            programs.Add(new ProgramId(reader.Id()), format == Format && reader.Flag() ? reader.Time() : Deployed);
        var collectedUntil = format == FormatWithoutCollection ? DateTimeOffset.MinValue : reader.Time();
        reader.End();
        return new BlobState(size, accounts.ToImmutable(), programs.ToImmutable(), collectedUntil);
    }
}
