namespace Marketplace.Grains;

/// <summary>The runtime's generator.</summary>
public sealed class SystemChance : IChance
{
    public double Next() => Random.Shared.NextDouble();
}
