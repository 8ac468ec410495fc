using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of a list of refusals, in the account's log and in each of its jobs.</summary>
internal static class RefusalListCodec
{
    public static void Write(CompactWriter writer, RefusalList refusals)
    {
        writer.Count(refusals.Workers.Length);
        foreach (var worker in refusals.Workers)
        {
            writer.Id(worker.Value);
        }
        writer.Count(refusals.Owners.Length);
        foreach (var owner in refusals.Owners)
        {
            writer.Id(owner.Value);
        }
    }

    public static RefusalList Read(ref CompactReader reader)
    {
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
        return new RefusalList(ImmutableArray.Create(workers), ImmutableArray.Create(owners));
    }
}
