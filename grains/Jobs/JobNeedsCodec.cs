using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The bytes of a job's needs, behind a version of their own: jobs without needs have none of them.</summary>
internal static class JobNeedsCodec
{
    private const byte Format = 1;

    // Needs that do not allow newcomers have the bytes of before there was the question.
    private const byte FormatWithNewcomers = Format + 1;

    public static void Write(CompactWriter writer, JobNeeds needs)
    {
        writer.Byte(needs.AllowsNewcomers ? FormatWithNewcomers : Format);
        var labels = OrNone(needs.Labels);
        writer.Count(labels.Length);
        foreach (var label in labels)
        {
            writer.Text(label);
        }
        writer.Count(needs.ReputationMin);
        writer.Amount(needs.StakeMin);
        var workers = OrNone(needs.RefusedWorkers);
        writer.Count(workers.Length);
        foreach (var worker in workers)
        {
            writer.Id(worker.Value);
        }
        var owners = OrNone(needs.RefusedOwners);
        writer.Count(owners.Length);
        foreach (var owner in owners)
        {
            writer.Id(owner.Value);
        }
    }

    public static JobNeeds Read(ref CompactReader reader)
    {
        var format = reader.Version(Format, FormatWithNewcomers, "A job's needs");
        var labels = new string[reader.Items()];
        for (var index = 0; index < labels.Length; index++)
        {
            labels[index] = reader.Text();
        }
        var reputationMin = reader.Count();
        var stakeMin = reader.Amount();
        var workers = new WorkerId[reader.Items(itemSizeMin: Bytes32.Size)];
        for (var index = 0; index < workers.Length; index++)
        {
            workers[index] = new WorkerId(reader.Id());
        }
        var owners = new AccountId[reader.Items(itemSizeMin: Bytes32.Size)];
        for (var index = 0; index < owners.Length; index++)
        {
            owners[index] = new AccountId(reader.Id());
        }
        return new JobNeeds(
            Labels: ImmutableArray.Create(labels),
            ReputationMin: reputationMin,
            StakeMin: stakeMin,
            RefusedWorkers: ImmutableArray.Create(workers),
            RefusedOwners: ImmutableArray.Create(owners),
            AllowsNewcomers: format == FormatWithNewcomers
        );
    }

    private static ImmutableArray<TItem> OrNone<TItem>(ImmutableArray<TItem> items) => items.IsDefault ? [] : items;
}
