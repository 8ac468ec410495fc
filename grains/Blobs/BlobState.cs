using System.Collections.Immutable;

namespace Marketplace.Grains;

/// <summary>Who keeps a blob: accounts, each since a moment, and programs, until they are removed and no job needs them.</summary>
/// <param name="Size">Bytes; 0 for a blob that has not been kept yet.</param>
/// <param name="Accounts">Those that keep it.</param>
/// <param name="Programs">Those whose module it is.</param>
/// <param name="CollectedUntil">Until then the collector may delete the bytes, and no pin is taken.</param>
internal sealed record BlobState(
    long Size,
    ImmutableSortedDictionary<AccountId, DateTimeOffset> Accounts,
    ImmutableSortedDictionary<ProgramId, ProgramHolder> Programs,
    DateTimeOffset CollectedUntil
)
{
    /// <summary>Of its documents.</summary>
    public const string Kind = "blob";

    /// <summary>
    /// Version 1 has no <see cref="CollectedUntil"/>, version 2 no moments of programs, version 3 no payers of removed programs. Versions 1
    /// and 3 are read, not written; a blob without removed programs is written as version 2, which earlier silos can read.
    /// </summary>
    private const byte FormatWithoutCollection = 1;
    private const byte FormatWithoutRemovals = 2;
    private const byte FormatWithoutPayers = 3;
    private const byte Format = 4;

    public bool IsPinned => Accounts.Count + Programs.Count > 0;

    public static BlobState Of(long size) =>
        new(
            size,
            ImmutableSortedDictionary<AccountId, DateTimeOffset>.Empty,
            ImmutableSortedDictionary<ProgramId, ProgramHolder>.Empty,
            DateTimeOffset.MinValue
        );

    public static ReadOnlyMemory<byte> Write(BlobState blob)
    {
        var hasRemoved = blob.Programs.Values.Any(holder => holder != ProgramHolder.Deployed);
        var writer = new CompactWriter(64 + (40 * blob.Accounts.Count) + ((hasRemoved ? 73 : 32) * blob.Programs.Count));
        writer.Byte(hasRemoved ? Format : FormatWithoutRemovals);
        writer.Signed(blob.Size);
        writer.Count(blob.Accounts.Count);
        foreach (var (account, pinnedAt) in blob.Accounts)
        {
            writer.Id(account.Value);
            writer.Time(pinnedAt);
        }

        writer.Count(blob.Programs.Count);
        foreach (var (program, holder) in blob.Programs)
        {
            writer.Id(program.Value);
            if (!hasRemoved)
            {
                continue;
            }
            writer.Flag(holder != ProgramHolder.Deployed);
            if (holder == ProgramHolder.Deployed)
            {
                continue;
            }
            writer.Time(holder.Since);
            writer.Id(holder.Payer.Value);
        }

        writer.Time(blob.CollectedUntil);
        return writer.Finish();
    }

    public static BlobState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = bytes is [FormatWithoutCollection or FormatWithoutRemovals or FormatWithoutPayers, ..] ? bytes[0] : Format;
        reader.Version(format, "The holders of a blob");
        var size = reader.Signed();
        var accounts = ImmutableSortedDictionary.CreateBuilder<AccountId, DateTimeOffset>();
        for (var left = reader.Items(itemSizeMin: 40); left > 0; left--)
        {
            accounts.Add(new AccountId(reader.Id()), reader.Time());
        }
        var programs = ImmutableSortedDictionary.CreateBuilder<ProgramId, ProgramHolder>();
        for (var left = reader.Items(itemSizeMin: 32); left > 0; left--)
        {
            programs.Add(new ProgramId(reader.Id()), ReadHolder(ref reader, format));
        }
        var collectedUntil = format == FormatWithoutCollection ? DateTimeOffset.MinValue : reader.Time();
        reader.End();
        return new BlobState(size, accounts.ToImmutable(), programs.ToImmutable(), collectedUntil);
    }

    private static ProgramHolder ReadHolder(ref CompactReader reader, byte format)
    {
        if (format < FormatWithoutPayers || !reader.Flag())
        {
            return ProgramHolder.Deployed;
        }
        return ProgramHolder.Removed(reader.Time(), format == FormatWithoutPayers ? default : new AccountId(reader.Id()));
    }
}

/// <summary>A program that keeps its module.</summary>
/// <param name="Since">When it was removed, or when a job that needs it was last found after that; never for a deployed one.</param>
/// <param name="Payer">The account whose quota the module of a removed program counts against; zero if it counts against none.</param>
internal readonly record struct ProgramHolder(DateTimeOffset Since, AccountId Payer)
{
    public static readonly ProgramHolder Deployed = new(DateTimeOffset.MaxValue, default);

    public static ProgramHolder Removed(DateTimeOffset at, AccountId payer) => new(at, payer);
}
