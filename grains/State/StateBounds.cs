using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How large the state of one program may be, and how much of its log makes a checkpoint. Tests reach smaller bounds.</summary>
/// <param name="KeysMax">Keys.</param>
/// <param name="BytesMax">Bytes of keys and values, with eight more for each entry.</param>
public sealed record StateBounds(int KeysMax, long BytesMax)
{
    public StateBounds()
        : this(StatePolicy.KeysMax, StatePolicy.StateBytesMax) { }

    /// <summary>Bytes of commits between two checkpoints, at least.</summary>
    public int CheckpointEventBytesMin { get; init; } = StatePolicy.CheckpointEventBytesMin;

    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    internal void Require(int count, long bytes)
    {
        if (count > KeysMax || bytes > BytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The program's state would have {count} keys with {bytes} bytes; allowed are {KeysMax} with {BytesMax}."
            );
        }
    }
}
