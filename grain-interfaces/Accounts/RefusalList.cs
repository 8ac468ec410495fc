using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>Workers and owners of workers that get no jobs of one account, beside those that each job names itself.</summary>
/// <param name="Workers">Workers, ascending, each once.</param>
/// <param name="Owners">Accounts for which workers earn, likewise.</param>
[GenerateSerializer, Immutable, Alias("RefusalList")]
public sealed record RefusalList([property: Id(0)] ImmutableArray<WorkerId> Workers, [property: Id(1)] ImmutableArray<AccountId> Owners)
{
    public static RefusalList None { get; } = new([], []);

    public bool IsEmpty => Workers.IsDefaultOrEmpty && Owners.IsDefaultOrEmpty;

    /// <summary>Equal lists: arrays are compared by what is in them.</summary>
    public bool IsSame(RefusalList other) => Workers.SequenceEqual(other.Workers) && Owners.SequenceEqual(other.Owners);
}
