using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How far a market is with its epochs. Each change is one durable write, and each epoch has one list and one draw.</summary>
internal sealed record EpochsState
{
    /// <summary>The name of the state and the kind of its document.</summary>
    public const string Kind = "epochs";

    private const byte Format = 2;

    /// <summary>The least bytes of a past epoch: with them damaged data cannot ask for much memory.</summary>
    private const int PastSizeMin = 12;

    public static EpochsState None { get; } = new();

    /// <summary>The epoch whose members serve; null: none has been drawn yet.</summary>
    public DrawnEpoch? Running { get; init; }

    /// <summary>The last one that was closed; not the running one where too few gave a share.</summary>
    public DrawnEpoch? Last { get; init; }

    /// <summary>The list of the next one, once it is fixed: it is never changed, as workers may have signed it.</summary>
    public EpochList? Collected { get; init; }

    /// <summary>All that were closed and are kept, oldest first: <see cref="Last"/> is the last of them.</summary>
    public ImmutableArray<PastEpoch> Past { get; init; } = [];

    public ulong Next => (Last?.List.Epoch ?? 0) + 1;

    public static ReadOnlyMemory<byte> Write(EpochsState state)
    {
        var writer = new CompactWriter(4096);
        writer.Byte(Format);
        DrawnEpoch.WriteOptional(writer, state.Running);
        // The running one stands there already, where it is the last.
        DrawnEpoch.WriteOptional(writer, state.Last?.List.Epoch == state.Running?.List.Epoch ? null : state.Last);
        writer.Flag(state.Collected is not null);
        if (state.Collected is { } collected)
        {
            EpochList.Write(writer, collected);
        }
        writer.Count(state.Past.Length);
        foreach (var past in state.Past)
        {
            writer.Number(past.Epoch);
            writer.Time(past.At);
            writer.Count(past.Listed);
            writer.Count(past.Shares);
            writer.Flag(past.IsDrawn);
        }
        return writer.Finish();
    }

    public static EpochsState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var hasEnds = reader.Version(EpochList.FormatWithoutEnd, Format, "The epochs of committees") > EpochList.FormatWithoutEnd;
        var running = DrawnEpoch.ReadOptional(ref reader, hasEnds);
        var last = DrawnEpoch.ReadOptional(ref reader, hasEnds) ?? running;
        var collected = reader.Flag() ? EpochList.Read(ref reader, hasEnds) : null;
        var past = new PastEpoch[reader.Items(PastSizeMin)];
        for (var index = 0; index < past.Length; index++)
        {
            past[index] = new PastEpoch(
                Epoch: reader.Number(),
                At: reader.Time(),
                Listed: reader.Count(),
                Shares: reader.Count(),
                IsDrawn: reader.Flag()
            );
        }
        reader.End();
        return new EpochsState
        {
            Running = running,
            Last = last,
            Collected = collected,
            Past = ImmutableArray.Create(past),
        };
    }
}

/// <summary>What is told of an epoch without its file.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="At">When its shares were closed.</param>
/// <param name="Listed">Workers on its list.</param>
/// <param name="Shares">Those that gave one.</param>
/// <param name="IsDrawn">False: too few gave a share, so it never began.</param>
internal sealed record PastEpoch(ulong Epoch, DateTimeOffset At, int Listed, int Shares, bool IsDrawn);

/// <summary>Who may become a member in an epoch, as the market has signed it.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Members">Ascending by worker.</param>
/// <param name="Signature">The market's: Ed25519.</param>
internal sealed record EpochList(ulong Epoch, ImmutableArray<RosterMember> Members, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Of the documents that have lists in them: lists had no end.</summary>
    public const byte FormatWithoutEnd = 1;

    private const int MemberSizeMin = Bytes32.Size + BlsPublicKey.Size + BlsSignature.Size + Ed25519.SignatureSize;

    /// <summary>
    /// Its members sign until then: later, who has taken a stake back may have it again before what it signed is shown to be wrong.
    /// Null: in the market's own books it is the market that gives a stake back, and it knows of all that is wrong by then.
    /// </summary>
    public DateTimeOffset? SignsUntil { get; init; }

    public int IndexOf(WorkerId worker)
    {
        for (var index = 0; index < Members.Length; index++)
        {
            if (Members[index].Worker == worker)
            {
                return index;
            }
        }
        return -1;
    }

    public static void Write(CompactWriter writer, EpochList list)
    {
        writer.Number(list.Epoch);
        writer.Count(list.Members.Length);
        foreach (var member in list.Members)
        {
            CertificateState.WriteMember(writer, member);
        }
        writer.Bytes(list.Signature.Span);
        writer.Flag(list.SignsUntil is not null);
        if (list.SignsUntil is { } end)
        {
            writer.Time(end);
        }
    }

    public static EpochList Read(ref CompactReader reader, bool hasEnd)
    {
        var epoch = reader.Number();
        var members = new RosterMember[reader.Items(MemberSizeMin)];
        for (var index = 0; index < members.Length; index++)
        {
            members[index] = CertificateState.ReadMember(ref reader);
        }
        return new EpochList(epoch, ImmutableArray.Create(members), reader.Memory())
        {
            SignsUntil = hasEnd && reader.Flag() ? reader.Time() : null,
        };
    }
}

/// <summary>An epoch whose shares are closed: everything that its file says.</summary>
/// <param name="List">Who may become a member.</param>
/// <param name="Shares">One for each of the list, in its order; empty where it gave none.</param>
/// <param name="Signature">The market's of the randomness: Ed25519.</param>
/// <param name="At">When they were closed.</param>
/// <param name="Until">When the next epoch is to begin.</param>
internal sealed record DrawnEpoch(
    EpochList List,
    ImmutableArray<ReadOnlyMemory<byte>> Shares,
    ReadOnlyMemory<byte> Signature,
    DateTimeOffset At,
    DateTimeOffset Until
)
{
    /// <summary>The kind of the documents of epochs.</summary>
    public const string Kind = "epoch";

    private const byte Format = 2;

    public static StateForm<DrawnEpoch> Form { get; } =
        new(
            epoch =>
            {
                var writer = new CompactWriter(4096);
                writer.Byte(Format);
                WriteOne(writer, epoch);
                return writer.Finish();
            },
            bytes =>
            {
                var reader = new CompactReader(bytes.Span);
                var hasEnd = reader.Version(EpochList.FormatWithoutEnd, Format, "An epoch") > EpochList.FormatWithoutEnd;
                var epoch = ReadOne(ref reader, hasEnd);
                reader.End();
                return epoch;
            }
        );

    public int Given => Shares.Count(share => !share.IsEmpty);

    /// <summary>Whether enough gave a share.</summary>
    public bool IsDrawn => Given >= EpochPolicy.SharesMin;

    public static void WriteOptional(CompactWriter writer, DrawnEpoch? epoch)
    {
        writer.Flag(epoch is not null);
        if (epoch is not null)
        {
            WriteOne(writer, epoch);
        }
    }

    public static DrawnEpoch? ReadOptional(ref CompactReader reader, bool hasEnd) => reader.Flag() ? ReadOne(ref reader, hasEnd) : null;

    private static void WriteOne(CompactWriter writer, DrawnEpoch epoch)
    {
        EpochList.Write(writer, epoch.List);
        foreach (var share in epoch.Shares)
        {
            writer.Bytes(share.Span);
        }
        writer.Bytes(epoch.Signature.Span);
        writer.Time(epoch.At);
        writer.Time(epoch.Until);
    }

    private static DrawnEpoch ReadOne(ref CompactReader reader, bool hasEnd)
    {
        var list = EpochList.Read(ref reader, hasEnd);
        var shares = new ReadOnlyMemory<byte>[list.Members.Length];
        for (var index = 0; index < shares.Length; index++)
        {
            shares[index] = reader.Memory();
        }
        return new DrawnEpoch(list, ImmutableArray.Create(shares), reader.Memory(), reader.Time(), reader.Time());
    }
}
