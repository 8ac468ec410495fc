using System.Buffers.Binary;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// poll_oneoff. Time stands still and streams are always ready, so every subscription is answered at once, in its order: a guest that
/// sleeps goes on without delay, and every run sees the same events.
/// </summary>
internal static class WasiPoll
{
    private const int SubscriptionSize = 48;
    private const int EventSize = 32;

    private const byte Clock = 0;
    private const byte FileRead = 1;
    private const byte FileWrite = 2;

    private const ushort HangUp = 1;

    /// <summary>poll_oneoff(subscriptions, events out, count, event count out).</summary>
    public static Errno Poll(GuestRun run, HostArguments arguments)
    {
        var (from, to, count) = (arguments.U32(0), arguments.U32(1), arguments.U32(2));
        if (count is 0 or > GuestPolicy.SubscriptionsMax)
            return Errno.Invalid;
        run.ChargeCopy(count * (SubscriptionSize + EventSize));
        if (!run.Memory.TryRead(from, count * SubscriptionSize, out var guestSubscriptions)
            || !run.Memory.TryWrite(to, count * EventSize, out var events)
            || !run.Memory.Holds(arguments.U32(3), sizeof(uint)))
            return Errno.Fault;

        // A copy, because the guest may have put the events over the subscriptions.
        ReadOnlySpan<byte> subscriptions = guestSubscriptions.ToArray();
        for (var i = 0; i < count; i++)
        {
            if (subscriptions[(i * SubscriptionSize) + 8] > FileWrite)
                return Errno.Invalid;
        }

        for (var i = 0; i < count; i++)
            Answer(run, subscriptions.Slice(i * SubscriptionSize, SubscriptionSize), events.Slice(i * EventSize, EventSize));
        run.Memory.TryStoreU32(arguments.U32(3), count);
        return Errno.Success;
    }

    // Subscription: user data u64, tag u8 at 8, then a clock or the descriptor u32 at 16.
    // Event: user data u64, error u16 at 8, tag u8 at 10, size u64 at 16, flags u16 at 24.
    private static void Answer(GuestRun run, ReadOnlySpan<byte> subscription, Span<byte> answer)
    {
        var tag = subscription[8];
        answer.Clear();
        subscription[..8].CopyTo(answer);
        answer[10] = tag;
        if (tag == Clock)
            return;
        var stream = run.Descriptors[BinaryPrimitives.ReadUInt32LittleEndian(subscription[16..])];
        if (tag == FileRead ? stream != Stream.Input : stream is not (Stream.Output or Stream.Log))
            BinaryPrimitives.WriteUInt16LittleEndian(answer[8..], (ushort)Errno.BadFile);
        else if (tag == FileWrite)
            BinaryPrimitives.WriteUInt64LittleEndian(answer[16..], (ulong)run.Invocation.Limits.OutputBytesMax);
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(answer[16..], (ulong)run.InputLeft.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(answer[24..], run.InputLeft.Length == 0 ? HangUp : (ushort)0);
        }
    }
}
