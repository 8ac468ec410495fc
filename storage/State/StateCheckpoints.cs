namespace Marketplace.Storage;

/// <summary>A tree of which every page is stored.</summary>
/// <param name="Height">Commits before and with it.</param>
/// <param name="Claim">Names its documents; 0: it is the empty state, which needs none.</param>
/// <param name="FirstPart">The number of its first document beside the pages.</param>
/// <param name="DirectoryParts">Documents of the directory.</param>
/// <param name="ReplacedParts">
/// Documents that follow them: the pages which the checkpoint before has and this one has not. They go with the checkpoint before.
/// </param>
/// <param name="ReplacedBytes">Bytes of those pages.</param>
public sealed record StateCheckpoint(long Height, long Claim, int FirstPart, int DirectoryParts, int ReplacedParts, long ReplacedBytes)
{
    /// <summary>Before the first commit.</summary>
    public static StateCheckpoint Empty { get; } =
        new(Height: 0, Claim: 0, FirstPart: 0, DirectoryParts: 0, ReplacedParts: 0, ReplacedBytes: 0);
}

/// <summary>
/// What the head of a program's state has: the checkpoints, the roots that are kept, and what the grain adds. Format (3); the last claim
/// (i64); two lists of claims (i64), each behind its length (u32); the snapshot of an earlier build and the grain's bytes, each behind its
/// length (u32); then the checkpoints and the roots, each behind their number (u32).
/// </summary>
/// <param name="LastClaim">
/// The greatest one so far. It is no version: a node that is moved to another store begins its versions anew.
/// </param>
/// <param name="CutOff">Attempts that did not end, or have not yet: the next attempt removes their documents.</param>
/// <param name="Late">Attempts whose documents were removed, and are looked for once more.</param>
/// <param name="Earlier">The snapshot of a build before there were checkpoints, until there is one; empty: none.</param>
/// <param name="Extra">What the grain keeps beside the tree, as of the newest checkpoint.</param>
/// <param name="Checkpoints">Oldest first.</param>
/// <param name="Roots">Oldest first, up to the newest checkpoint.</param>
internal sealed record CheckpointHead(
    long LastClaim,
    IReadOnlyList<long> CutOff,
    IReadOnlyList<long> Late,
    ReadOnlyMemory<byte> Earlier,
    ReadOnlyMemory<byte> Extra,
    IReadOnlyList<StateCheckpoint> Checkpoints,
    IReadOnlyList<KeptRoot> Roots
)
{
    /// <summary>Builds before had the whole state in this document, in formats 1 and 2.</summary>
    public const byte FormatOfHead = 3;

    public static CheckpointHead OfNothing { get; } =
        new(LastClaim: 0, CutOff: [], Late: [], Earlier: default, Extra: default, Checkpoints: [StateCheckpoint.Empty], Roots: []);

    public StateCheckpoint? Newest => Checkpoints.Count > 0 ? Checkpoints[^1] : null;

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new FormWriter(64 + Earlier.Length + Extra.Length + (48 * Roots.Count));
        writer.Byte(FormatOfHead);
        writer.I64(LastClaim);
        WriteClaims(writer, CutOff);
        WriteClaims(writer, Late);
        writer.U32((uint)Earlier.Length);
        writer.Bytes(Earlier.Span);
        writer.U32((uint)Extra.Length);
        writer.Bytes(Extra.Span);
        writer.U32((uint)Checkpoints.Count);
        foreach (var checkpoint in Checkpoints)
        {
            writer.I64(checkpoint.Height);
            writer.I64(checkpoint.Claim);
            writer.U32((uint)checkpoint.FirstPart);
            writer.U32((uint)checkpoint.DirectoryParts);
            writer.U32((uint)checkpoint.ReplacedParts);
            writer.I64(checkpoint.ReplacedBytes);
        }
        writer.U32((uint)Roots.Count);
        foreach (var root in Roots)
        {
            writer.I64(root.Height);
            writer.Id(root.Root.Value);
            writer.I64(root.At.UtcTicks);
        }
        return writer.Written;
    }

    public static CheckpointHead Read(ReadOnlyMemory<byte> bytes, string name)
    {
        var reader = new FormReader(bytes.Span, name);
        reader.Version(FormatOfHead);
        var (lastClaim, cutOff, late) = (reader.I64(), ReadClaims(ref reader), ReadClaims(ref reader));
        var earlier = reader.Bytes(reader.Size()).ToArray();
        var extra = reader.Bytes(reader.Size()).ToArray();
        var checkpoints = new StateCheckpoint[reader.Items(36)];
        for (var index = 0; index < checkpoints.Length; index++)
        {
            checkpoints[index] = new StateCheckpoint(
                Height: reader.I64(),
                Claim: reader.I64(),
                FirstPart: reader.Size(),
                DirectoryParts: reader.Size(),
                ReplacedParts: reader.Size(),
                ReplacedBytes: reader.I64()
            );
        }
        var roots = new KeptRoot[reader.Items(48)];
        for (var index = 0; index < roots.Length; index++)
        {
            var (height, root, ticks) = (reader.I64(), reader.Id(), reader.I64());
            if (ticks < 0 || ticks > DateTimeOffset.MaxValue.Ticks)
            {
                throw reader.Damaged($"a time of {ticks} ticks");
            }
            roots[index] = new KeptRoot(height, new StateRoot(root), new DateTimeOffset(ticks, TimeSpan.Zero));
        }
        reader.End();
        return new CheckpointHead(
            LastClaim: lastClaim,
            CutOff: cutOff,
            Late: late,
            Earlier: earlier,
            Extra: extra,
            Checkpoints: checkpoints,
            Roots: roots
        );
    }

    private static void WriteClaims(FormWriter writer, IReadOnlyList<long> claims)
    {
        writer.U32((uint)claims.Count);
        foreach (var claim in claims)
        {
            writer.I64(claim);
        }
    }

    private static long[] ReadClaims(ref FormReader reader)
    {
        var claims = new long[reader.Items(sizeof(long))];
        for (var index = 0; index < claims.Length; index++)
        {
            claims[index] = reader.I64();
        }
        return claims;
    }
}
