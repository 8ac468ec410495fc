using System.Security.Cryptography;
using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>Votes are known again by 64 bits of their subject and 64 of their digest, about 20 bytes a vote. Not thread-safe.</summary>
internal sealed class VoteTable
{
    private const int PartsMax = 256;
    private const int PartSizeMin = 4;

    private readonly Slot[][] _parts = new Slot[PartsMax][];
    private readonly int[] _counts = new int[PartsMax];

    public int Count { get; private set; }

    /// <param name="vote">Its subject is not there yet.</param>
    public void Add(VotePrint vote)
    {
        var part = PartOf(vote);
        var slots = _parts[part] ??= new Slot[PartSizeMin];
        // Parts grow one by one and by a quarter: no vote waits until millions are moved, and little room is empty.
        if (8 * (_counts[part] + 1) > 7 * slots.Length)
        {
            _parts[part] = Grow(slots);
        }
        Put(_parts[part], new Slot(vote.Subject, vote.Digest));
        _counts[part]++;
        Count++;
    }

    /// <returns>Null where nothing was voted on the subject; else whether it was the same.</returns>
    public bool? IsSame(VotePrint vote)
    {
        if (_parts[PartOf(vote)] is not { } slots)
        {
            return null;
        }
        var at = PlaceOf(vote.Subject, slots);
        for (; slots[at].Subject != 0; at = Next(at, slots))
        {
            if (slots[at].Subject == vote.Subject)
            {
                return slots[at].Digest == vote.Digest;
            }
        }
        return null;
    }

    private static int PartOf(VotePrint vote) => (int)(vote.Subject >> 56);

    private static Slot[] Grow(Slot[] slots)
    {
        var larger = new Slot[slots.Length + Math.Max(PartSizeMin, slots.Length / 4)];
        foreach (var slot in slots)
        {
            if (slot.Subject != 0)
            {
                Put(larger, slot);
            }
        }
        return larger;
    }

    private static void Put(Slot[] slots, Slot slot)
    {
        var at = PlaceOf(slot.Subject, slots);
        while (slots[at].Subject != 0)
        {
            at = Next(at, slots);
        }
        slots[at] = slot;
    }

    private static int PlaceOf(ulong subject, Slot[] slots) => (int)Math.BigMul(subject << 8, (ulong)slots.Length, out _);

    private static int Next(int at, Slot[] slots) => at + 1 < slots.Length ? at + 1 : 0;

    /// <param name="Subject">0: empty.</param>
    private readonly record struct Slot(ulong Subject, ulong Digest);
}

/// <summary>What is remembered of a vote.</summary>
/// <param name="Subject">Of kind and subject; never 0.</param>
/// <param name="Digest">Of the digest.</param>
internal readonly record struct VotePrint(ulong Subject, ulong Digest);

/// <summary>
/// Takes prints of votes. They are of a secret that only this process knows, so no market can make a second receipt with the print of the
/// first. Two subjects with one print cost the second one its vote: with a hundred million votes one of 10^11.
/// </summary>
internal sealed class VotePrints
{
    private static readonly Blake3Domain Domain = new("marketplace 2026 vote print v1");

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(Bytes32.Size);

    public VotePrint Of(MemberVote vote)
    {
        var subject = Of((byte)vote.Kind, vote.Subject);
        return new VotePrint(subject == 0 ? 1 : subject, Of(0, vote.Digest));
    }

    private ulong Of(byte kind, Bytes32 word)
    {
        Span<byte> material = stackalloc byte[(2 * Bytes32.Size) + 1];
        _secret.CopyTo(material);
        word.CopyTo(material[Bytes32.Size..]);
        material[^1] = kind;
        Span<byte> print = stackalloc byte[sizeof(ulong)];
        Domain.Hash(material, print);
        return BitConverter.ToUInt64(print);
    }
}
