using System.Buffers.Binary;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// poll_oneoff. Files and streams are always ready, so they and what is wrong with a subscription are answered at once. Where there is
/// nothing but clocks, time would pass until the first of them rings: it rings at once, and a guest that sleeps goes on without delay.
/// The clocks themselves do not move. Every run sees the same events.
/// </summary>
internal static class WasiPoll
{
    private const int SubscriptionSize = 48;
    private const int SubscriptionSizeUnstable = 56;
    private const int EventSize = 32;

    private const byte Clock = 0;
    private const byte FileRead = 1;
    private const byte FileWrite = 2;

    private const ushort AbsoluteTime = 1;
    private const ushort HangUp = 1;

    /// <summary>poll_oneoff(subscriptions, events out, count, event count out).</summary>
    public static Errno Poll(GuestRun run, HostArguments arguments) => Poll(run, arguments, SubscriptionSize);

    public static Errno PollUnstable(GuestRun run, HostArguments arguments) => Poll(run, arguments, SubscriptionSizeUnstable);

    private static Errno Poll(GuestRun run, HostArguments arguments, int recordSize)
    {
        var (from, to, count) = (arguments.U32(0), arguments.U32(1), arguments.U32(2));
        if (count is 0 or > GuestPolicy.SubscriptionsMax)
        {
            return Errno.Invalid;
        }
        run.ChargeCopy(count * (recordSize + EventSize));
        if (
            !run.Memory.TryRead(from, count * (uint)recordSize, out var guestRecords)
            || !run.Memory.TryWrite(to, count * EventSize, out var events)
            || !run.Memory.Holds(arguments.U32(3), sizeof(uint))
        )
        {
            return Errno.Fault;
        }

        // A copy, because the guest may have put the events over the subscriptions.
        ReadOnlySpan<byte> records = guestRecords.ToArray();
        var soonest = ulong.MaxValue;
        for (var i = 0; i < count; i++)
        {
            var record = records.Slice(i * recordSize, recordSize);
            if (record[8] > FileWrite)
            {
                return Errno.Invalid;
            }
            soonest = Math.Min(soonest, TimeLeft(run, record));
        }

        uint answered = 0;
        for (var i = 0; i < count; i++)
        {
            var record = records.Slice(i * recordSize, recordSize);
            if (TimeLeft(run, record) == soonest)
            {
                Answer(run, record, events.Slice((int)answered++ * EventSize, EventSize));
            }
        }

        run.Memory.TryStoreU32(arguments.U32(3), answered);
        return Errno.Success;
    }

    /// <summary>How long until the subscription has an event; zero for all but clocks that have not rung yet.</summary>
    private static ulong TimeLeft(GuestRun run, ReadOnlySpan<byte> record)
    {
        if (record[8] != Clock || ClockOf(record) >= WasiProcess.Clocks)
        {
            return 0;
        }
        var rest = record[(record.Length - 24)..];
        var timeout = BinaryPrimitives.ReadUInt64LittleEndian(rest);
        if ((BinaryPrimitives.ReadUInt16LittleEndian(rest[16..]) & AbsoluteTime) == 0)
        {
            return timeout;
        }
        var now = WasiProcess.TimeOf(run, ClockOf(record));
        return timeout > now ? timeout - now : 0;
    }

    // Subscription: user data u64, tag u8 at 8; then the descriptor u32 at 16, or a clock: id u32 at 16 (wasi_unstable: at 24, behind user
    // data of its own), timeout u64, precision u64, flags u16. Event: user data u64, error u16 at 8, tag u8 at 10, size u64 at 16, flags
    // u16 at 24.
    private static uint ClockOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[(record.Length - 32)..]);

    private static void Answer(GuestRun run, ReadOnlySpan<byte> record, Span<byte> answer)
    {
        var tag = record[8];
        answer.Clear();
        record[..8].CopyTo(answer);
        answer[10] = tag;
        var error =
            tag == Clock
                ? (ClockOf(record) < WasiProcess.Clocks ? Errno.Success : Errno.Invalid)
                : Ready(run, tag, BinaryPrimitives.ReadUInt32LittleEndian(record[16..]), answer);
        BinaryPrimitives.WriteUInt16LittleEndian(answer[8..], (ushort)error);
    }

    private static Errno Ready(GuestRun run, byte tag, uint number, Span<byte> answer)
    {
        if (!run.Descriptors.TryGet(number, out var descriptor) || descriptor.Node is DirectoryNode)
        {
            return Errno.BadFile;
        }
        if ((descriptor.Rights & Rights.Poll) == 0)
        {
            return Errno.NotCapable;
        }
        if (descriptor.Stream == Stream.Input ? tag == FileWrite : descriptor.Stream != Stream.None && tag == FileRead)
        {
            return Errno.BadFile;
        }
        var size =
            tag == FileWrite ? (ulong)run.Invocation.Limits.OutputBytesMax
            : descriptor.Node is { } file ? (ulong)file.Length - Math.Min(descriptor.Position, (ulong)file.Length)
            : (ulong)run.InputLeft.Length;
        BinaryPrimitives.WriteUInt64LittleEndian(answer[16..], size);
        if (tag == FileRead && descriptor.Stream == Stream.Input && size == 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(answer[24..], HangUp);
        }
        return Errno.Success;
    }
}
