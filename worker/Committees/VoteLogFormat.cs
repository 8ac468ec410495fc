using System.Buffers.Binary;
using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>What the first file of a vote log says beside the key (VOTES.md).</summary>
/// <param name="Worker">Whose log it is.</param>
/// <param name="Market">For which market; zero: it has served none yet.</param>
/// <param name="Floor">In epochs below it nothing is voted any more.</param>
/// <param name="Newest">The greatest epoch in which anything was voted, or was about to be.</param>
/// <param name="NewestAt">When that one can have begun at the earliest: seconds since 1970.</param>
/// <param name="First">The first part that is kept.</param>
/// <param name="Last">The part that is written.</param>
/// <param name="LastSum">The sum of its header.</param>
internal sealed record VoteLogHead(
    WorkerId Worker,
    Bytes32 Market,
    ulong Floor,
    ulong Newest,
    ulong NewestAt,
    ulong First,
    ulong Last,
    Bytes32 LastSum
)
{
    /// <summary>What it has signed of settlements.</summary>
    public SignedSettlements Settlements { get; init; } = SignedSettlements.None;

    /// <summary>Of a log that has no part yet.</summary>
    public static VoteLogHead New(WorkerId worker) =>
        new(
            Worker: worker,
            Market: default,
            Floor: 0,
            Newest: 0,
            NewestAt: (ulong)VoteLogPolicy.EpochsBegan.ToUnixTimeSeconds(),
            First: 1,
            Last: 0,
            LastSum: default
        );
}

/// <summary>What a member has signed of settlements (VOTES.md): the last one stands for all before it.</summary>
/// <param name="Count">How often it signed a new one.</param>
/// <param name="Number">Of the last one; 0: it has signed none.</param>
/// <param name="Epoch">Of the last one, in the registry on the chain: it has nothing to do with epochs of the market.</param>
/// <param name="Hash">Of the last one's struct.</param>
/// <param name="Before">The same of the last one with a smaller number; zero: there is none.</param>
internal sealed record SignedSettlements(ulong Count, ulong Number, ulong Epoch, Bytes32 Hash, Bytes32 Before)
{
    public static SignedSettlements None { get; } = new(Count: 0, Number: 0, Epoch: 0, Hash: default, Before: default);
}

/// <summary>What the header of a part says.</summary>
/// <param name="Number">Its own.</param>
/// <param name="Newest">No vote in it is of a later epoch.</param>
/// <param name="Writes">How many the parts before it have, those that were removed too.</param>
/// <param name="Before">The sum of what stands before it: of the last frame of the part before, or of its header.</param>
internal sealed record VotePart(ulong Number, ulong Newest, ulong Writes, Bytes32 Before);

/// <summary>The bytes of a vote log, by VOTES.md.</summary>
internal static class VoteLogFormat
{
    /// <summary>Of a log that has signed no settlement.</summary>
    public const int BareHeadSize = 16 + BlsSecretKey.Size + (4 * Bytes32.Size) + (5 * sizeof(ulong));

    public const int HeadSize = BareHeadSize + (3 * sizeof(ulong)) + (2 * Bytes32.Size);
    public const int PartHeaderSize = 16 + (3 * sizeof(ulong)) + (2 * Bytes32.Size);
    public const int NoteSize = sizeof(ulong) + (3 * Bytes32.Size);

    private const int VoteSize = 1 + (2 * Bytes32.Size);
    private const int FrameBareSize = sizeof(int) + sizeof(ulong) + (2 * Bytes32.Size);

    private static readonly Blake3Domain BareHeadSum = new("marketplace 2026 vote log header v2");
    private static readonly Blake3Domain HeadSum = new("marketplace 2026 vote log header v3");
    private static readonly Blake3Domain PartSum = new("marketplace 2026 vote log part v2");
    private static readonly Blake3Domain FrameSum = new("marketplace 2026 vote log frame v2");
    private static readonly Blake3Domain NoteSum = new("marketplace 2026 vote log note v2");

    private static ReadOnlySpan<byte> EarlierMagic => "market votes 1\r\n"u8;

    private static ReadOnlySpan<byte> BareHeadMagic => "market votes 2\r\n"u8;

    private static ReadOnlySpan<byte> HeadMagic => "market votes 3\r\n"u8;

    private static ReadOnlySpan<byte> PartMagic => "market ballot 2\n"u8;

    public static bool IsEarlier(ReadOnlySpan<byte> file) => file.StartsWith(EarlierMagic);

    public static int SizeOfHead(VoteLogHead said) => IsBare(said) ? BareHeadSize : HeadSize;

    /// <param name="head">Of <see cref="SizeOfHead"/>.</param>
    public static void WriteHead(Span<byte> head, BlsSecretKey key, VoteLogHead said)
    {
        var writer = new Writer(head);
        writer.Bytes(IsBare(said) ? BareHeadMagic : HeadMagic);
        key.CopyTo(writer.Take(BlsSecretKey.Size));
        writer.Word(said.Worker.Value);
        writer.Word(said.Market);
        writer.Number(said.Floor);
        writer.Number(said.Newest);
        writer.Number(said.NewestAt);
        writer.Number(said.First);
        writer.Number(said.Last);
        writer.Word(said.LastSum);
        if (!IsBare(said))
        {
            writer.Number(said.Settlements.Count);
            writer.Number(said.Settlements.Number);
            writer.Number(said.Settlements.Epoch);
            writer.Word(said.Settlements.Hash);
            writer.Word(said.Settlements.Before);
        }
        writer.Word((IsBare(said) ? BareHeadSum : HeadSum).Hash(head[..^Bytes32.Size]));
    }

    /// <returns>Null where the bytes are no head.</returns>
    public static VoteLogHead? ReadHead(ReadOnlySpan<byte> file, Span<byte> secret)
    {
        var isBare = file.StartsWith(BareHeadMagic);
        if (
            file.Length != (isBare ? BareHeadSize : HeadSize)
            || !(isBare || file.StartsWith(HeadMagic))
            || (isBare ? BareHeadSum : HeadSum).Hash(file[..^Bytes32.Size]) != new Bytes32(file[^Bytes32.Size..])
        )
        {
            return null;
        }
        var reader = new Reader(file[HeadMagic.Length..]);
        reader.Take(BlsSecretKey.Size).CopyTo(secret);
        var head = new VoteLogHead(
            Worker: new WorkerId(reader.Word()),
            Market: reader.Word(),
            Floor: reader.Number(),
            Newest: reader.Number(),
            NewestAt: reader.Number(),
            First: reader.Number(),
            Last: reader.Number(),
            LastSum: reader.Word()
        );
        return isBare
            ? head
            : head with
            {
                Settlements = new SignedSettlements(
                    Count: reader.Number(),
                    Number: reader.Number(),
                    Epoch: reader.Number(),
                    Hash: reader.Word(),
                    Before: reader.Word()
                ),
            };
    }

    /// <param name="key">Of the log: a part that an earlier key has left behind is none of this one's.</param>
    /// <param name="sum">Of the header and the key.</param>
    public static byte[] PartHeader(VotePart part, BlsPublicKey key, out Bytes32 sum)
    {
        var header = new byte[PartHeaderSize];
        var writer = new Writer(header);
        writer.Bytes(PartMagic);
        writer.Number(part.Number);
        writer.Number(part.Newest);
        writer.Number(part.Writes);
        writer.Word(part.Before);
        writer.Word(sum = SumOf(header, key));
        return header;
    }

    /// <returns>Null where the bytes do not begin with the header of a part of this key's log.</returns>
    public static VotePart? ReadPart(ReadOnlySpan<byte> file, BlsPublicKey key, out Bytes32 sum)
    {
        sum = default;
        if (file.Length < PartHeaderSize || !file.StartsWith(PartMagic))
        {
            return null;
        }
        var header = file[..PartHeaderSize];
        sum = SumOf(header, key);
        if (sum != new Bytes32(header[^Bytes32.Size..]))
        {
            return null;
        }
        var reader = new Reader(header[PartMagic.Length..]);
        return new VotePart(Number: reader.Number(), Newest: reader.Number(), Writes: reader.Number(), Before: reader.Word());
    }

    /// <summary>How many writes there have been with a key.</summary>
    /// <param name="opening">Which opening of the log has written it: a number that each draws.</param>
    public static byte[] Note(BlsPublicKey key, ulong writes, Bytes32 opening)
    {
        var note = new byte[NoteSize];
        var writer = new Writer(note);
        writer.Number(writes);
        writer.Word(opening);
        writer.Word(NoteSum.Hash(key.Bytes));
        writer.Word(NoteSum.Hash(note.AsSpan(..^Bytes32.Size)));
        return note;
    }

    /// <returns>
    /// Null where a power cut has damaged the note; else how many writes there have been, which opening says so, and whether with this key.
    /// </returns>
    public static (ulong Writes, Bytes32 Opening, bool IsOfKey)? ReadNote(ReadOnlySpan<byte> note, BlsPublicKey key)
    {
        if (note.Length != NoteSize || NoteSum.Hash(note[..^Bytes32.Size]) != new Bytes32(note[^Bytes32.Size..]))
        {
            return null;
        }
        var reader = new Reader(note);
        return (reader.Number(), reader.Word(), reader.Word() == NoteSum.Hash(key.Bytes));
    }

    /// <param name="before">The sum of what stands before it.</param>
    /// <param name="sum">The frame's own.</param>
    public static byte[] Frame(Bytes32 before, ulong epoch, IReadOnlyList<MemberVote> votes, out Bytes32 sum)
    {
        var frame = new byte[SizeOfFrame(votes.Count)];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        var writer = new Writer(frame.AsSpan(sizeof(int)));
        writer.Number(epoch);
        writer.Word(before);
        foreach (var vote in votes)
        {
            writer.Take(1)[0] = (byte)vote.Kind;
            writer.Word(vote.Subject);
            writer.Word(vote.Digest);
        }
        writer.Word(sum = FrameSum.Hash(frame.AsSpan(..^Bytes32.Size)));
        return frame;
    }

    /// <returns>False where the bytes do not begin with a whole frame whose sum is right.</returns>
    public static bool TryReadFrame(ReadOnlySpan<byte> bytes, out Bytes32 before, out ulong epoch, out MemberVote[] votes, out Bytes32 sum)
    {
        (before, epoch, votes, sum) = (default, 0, [], default);
        if (bytes.Length < FrameBareSize)
        {
            return false;
        }
        var size = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var count = (size - FrameBareSize) / VoteSize;
        if (size > bytes.Length || count is < 1 or > VoteLogPolicy.VotesPerWriteMax || size != SizeOfFrame(count))
        {
            return false;
        }
        sum = FrameSum.Hash(bytes[..(size - Bytes32.Size)]);
        if (sum != new Bytes32(bytes[(size - Bytes32.Size)..size]))
        {
            return false;
        }
        var reader = new Reader(bytes[sizeof(int)..]);
        (epoch, before) = (reader.Number(), reader.Word());
        votes = new MemberVote[count];
        for (var index = 0; index < count; index++)
        {
            votes[index] = new MemberVote((VoteKind)reader.Take(1)[0], reader.Word(), reader.Word());
        }
        return true;
    }

    /// <summary>It has signed no settlement, so programs that know of none may go on with it.</summary>
    private static bool IsBare(VoteLogHead head) => head.Settlements == SignedSettlements.None;

    public static int SizeOfFrame(int votes) => FrameBareSize + (votes * VoteSize);

    private static Bytes32 SumOf(ReadOnlySpan<byte> header, BlsPublicKey key) => PartSum.Hash([.. header[..^Bytes32.Size], .. key.Bytes]);

    private ref struct Writer(Span<byte> rest)
    {
        private Span<byte> _rest = rest;

        public Span<byte> Take(int size)
        {
            var taken = _rest[..size];
            _rest = _rest[size..];
            return taken;
        }

        public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

        public void Number(ulong number) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), number);

        public void Word(Bytes32 word) => word.CopyTo(Take(Bytes32.Size));
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public ReadOnlySpan<byte> Take(int size)
        {
            var taken = _rest[..size];
            _rest = _rest[size..];
            return taken;
        }

        public ulong Number() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

        public Bytes32 Word() => new(Take(Bytes32.Size));
    }
}
