using System.Buffers.Binary;
using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>The bytes of a vote log, by VOTES.md.</summary>
internal static class VoteLogFormat
{
    public const int HeaderSize = 16 + BlsSecretKey.Size + (2 * sizeof(ulong)) + Bytes32.Size;

    private const int VoteSize = 1 + (2 * Bytes32.Size);
    private const int FrameBareSize = sizeof(int) + sizeof(ulong) + (2 * Bytes32.Size);

    private static readonly Blake3Domain HeaderSum = new("marketplace 2026 vote log header v1");
    private static readonly Blake3Domain FrameSum = new("marketplace 2026 vote log frame v1");

    private static ReadOnlySpan<byte> Magic => "market votes 1\r\n"u8;

    /// <returns>The header's sum, which the first frame names.</returns>
    public static Bytes32 WriteHeader(Span<byte> header, BlsSecretKey key, ulong floor, ulong newest)
    {
        Magic.CopyTo(header);
        var rest = header[Magic.Length..];
        key.CopyTo(rest[..BlsSecretKey.Size]);
        BinaryPrimitives.WriteUInt64BigEndian(rest[BlsSecretKey.Size..], floor);
        BinaryPrimitives.WriteUInt64BigEndian(rest[(BlsSecretKey.Size + sizeof(ulong))..], newest);
        var sum = HeaderSum.Hash(header[..^Bytes32.Size]);
        sum.CopyTo(header[^Bytes32.Size..]);
        return sum;
    }

    /// <returns>False where the bytes do not begin with a header.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> file, Span<byte> secret, out ulong floor, out ulong newest, out Bytes32 sum)
    {
        (floor, newest, sum) = (0, 0, default);
        if (file.Length < HeaderSize || !file.StartsWith(Magic))
        {
            return false;
        }
        var header = file[..HeaderSize];
        sum = HeaderSum.Hash(header[..^Bytes32.Size]);
        var rest = header[Magic.Length..];
        rest[..BlsSecretKey.Size].CopyTo(secret);
        floor = BinaryPrimitives.ReadUInt64BigEndian(rest[BlsSecretKey.Size..]);
        newest = BinaryPrimitives.ReadUInt64BigEndian(rest[(BlsSecretKey.Size + sizeof(ulong))..]);
        return sum == new Bytes32(header[^Bytes32.Size..]);
    }

    /// <param name="before">The sum of what stands before it.</param>
    /// <param name="sum">The frame's own.</param>
    public static byte[] Frame(Bytes32 before, ulong epoch, IReadOnlyList<MemberVote> votes, out Bytes32 sum)
    {
        var frame = new byte[FrameBareSize + (votes.Count * VoteSize)];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(sizeof(int)), epoch);
        before.CopyTo(frame.AsSpan(sizeof(int) + sizeof(ulong)));
        var rest = frame.AsSpan(sizeof(int) + sizeof(ulong) + Bytes32.Size);
        foreach (var vote in votes)
        {
            rest[0] = (byte)vote.Kind;
            vote.Subject.CopyTo(rest[1..]);
            vote.Digest.CopyTo(rest[(1 + Bytes32.Size)..]);
            rest = rest[VoteSize..];
        }
        sum = FrameSum.Hash(frame.AsSpan(0, frame.Length - Bytes32.Size));
        sum.CopyTo(rest);
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
        if (size > bytes.Length || count is < 0 or > VoteLogPolicy.VotesPerWriteMax || size != FrameBareSize + (count * VoteSize))
        {
            return false;
        }
        sum = FrameSum.Hash(bytes[..(size - Bytes32.Size)]);
        if (sum != new Bytes32(bytes[(size - Bytes32.Size)..size]))
        {
            return false;
        }
        epoch = BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(int)..]);
        before = new Bytes32(bytes.Slice(sizeof(int) + sizeof(ulong), Bytes32.Size));
        votes = new MemberVote[count];
        var rest = bytes[(sizeof(int) + sizeof(ulong) + Bytes32.Size)..];
        for (var index = 0; index < count; index++, rest = rest[VoteSize..])
        {
            var subject = new Bytes32(rest.Slice(1, Bytes32.Size));
            votes[index] = new MemberVote((VoteKind)rest[0], subject, new Bytes32(rest.Slice(1 + Bytes32.Size, Bytes32.Size)));
        }
        return true;
    }

    public static int SizeOfFrame(int votes) => FrameBareSize + (votes * VoteSize);
}
