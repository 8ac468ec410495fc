namespace Marketplace.Grains;

/// <summary>Chance that decides nothing but moments, such as the jitter of a retry. A simulated run injects a seeded one.</summary>
public interface IChance
{
    /// <returns>A number from 0 up to, not including, 1.</returns>
    double Next();
}
