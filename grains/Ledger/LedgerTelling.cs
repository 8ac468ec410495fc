using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// How a grain tells a ledger what happened in it. The grain first sets a reminder, then makes the change durable, then tells it; when the
/// reminder comes, it tells all that its state still has and ends the reminder. So nothing is lost in a crash at any point, and what is
/// told twice is appended once.
/// </summary>
internal static class LedgerTelling
{
    /// <summary>Before the write of the change: a reminder without a change ends itself.</summary>
    public static Task RemindOfLedger(this Grain grain) =>
        grain.RegisterOrUpdateReminder(LedgerGrainPolicy.TellReminder, LedgerGrainPolicy.TellAgainAfter, LedgerGrainPolicy.TellAgainAfter);

    /// <summary>Once all has been told that was durable when the reminder came.</summary>
    public static async Task EndReminderOfLedger(this Grain grain)
    {
        if (await grain.GetReminder(LedgerGrainPolicy.TellReminder) is { } reminder)
        {
            await grain.UnregisterReminder(reminder);
        }
    }

    public static async Task Tell(this IGrainFactory grains, LedgerName name, IReadOnlyList<LedgerChange> changes, Authority by)
    {
        var ledger = grains.GetGrain<ILedgerGrain>(name.ToString());
        foreach (var part in changes.Chunk(MarketLimits.LedgerChangesMax))
        {
            await LostWrites.Resend(() => ledger.Append([.. part], by));
        }
    }

    public static void Write(CompactWriter writer, ImmutableArray<LedgerChange> changes)
    {
        writer.Count(changes.Length);
        foreach (var change in changes)
        {
            writer.Id(change.Change);
            writer.Text(change.Kind);
            writer.Number(change.Time);
            writer.Count(change.Words.Length);
            foreach (var word in change.Words)
            {
                writer.Text(word.Name);
                writer.Text(word.Value);
            }
        }
    }

    public static ImmutableArray<LedgerChange> Read(ref CompactReader reader)
    {
        var changes = new LedgerChange[reader.Items(itemSizeMin: 35)];
        for (var index = 0; index < changes.Length; index++)
        {
            var (id, kind, time) = (reader.Id(), reader.Text(), reader.Number());
            var words = new ChangeWord[reader.Items(itemSizeMin: 2)];
            for (var word = 0; word < words.Length; word++)
            {
                words[word] = new ChangeWord(reader.Text(), reader.Text());
            }
            changes[index] = new LedgerChange(id, kind, time, ImmutableArray.Create(words));
        }
        return ImmutableArray.Create(changes);
    }
}
