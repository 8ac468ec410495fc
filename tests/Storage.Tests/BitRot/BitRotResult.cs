namespace Marketplace.Storage.BitRot;

/// <summary>What single flipped bits came to.</summary>
/// <param name="Flips">One after the other, each alone.</param>
/// <param name="Detected">The damage was named.</param>
/// <param name="Cut">The journal took it for a torn end and gave up the last batch, which nothing proves to be durable.</param>
/// <param name="Harmless">Unnoticed, and everything that was read was right.</param>
/// <param name="Violations">A wrong answer, or a damage that was named elsewhere than it is.</param>
public sealed record BitRotResult(long Flips, long Detected, long Cut, long Harmless, IReadOnlyList<string> Violations);

/// <summary>Counts while the bits are flipped.</summary>
internal sealed class BitRotTally
{
    private readonly List<string> _violations = [];
    private long _flips;

    public long Detected { get; set; }

    public long Cut { get; set; }

    public long Harmless { get; set; }

    public BitRotResult Result => new(_flips, Detected, Cut, Harmless, _violations);

    public void Count() => _flips++;

    public void Require(bool holds, long bit, string what)
    {
        if (!holds)
        {
            _violations.Add($"bit {bit}: {what}");
        }
    }
}
