namespace Marketplace.Grains;

/// <summary>Bounds of what disputes say of one worker, each with its reason.</summary>
internal static class SlashPolicy
{
    /// <summary>
    /// Disputes of a worker that are remembered, so that no repetition takes anything again: some sixty bytes each in a state that is
    /// written with every batch of outcomes. A worker that was wrong once is excluded, and gets no runs to be wrong about.
    /// </summary>
    public const int JudgmentsMax = 256;

    /// <summary>
    /// For at least so long each is: far longer than a repetition may be on its way. One that comes later than all room allows is refused
    /// until there is some.
    /// </summary>
    public static readonly TimeSpan JudgmentMemory = TimeSpan.FromDays(30);

    /// <summary>
    /// Disputes that may freeze what is at stake for one worker at a time: as many as are remembered. A dispute that finds no room asks
    /// again.
    /// </summary>
    public const int FreezesMax = JudgmentsMax;

    /// <summary>
    /// A result that a jury found wrong weighs so many times all that the worker has kept and a newcomer is given: with that the worker is
    /// excluded, however good it was, until what it has done is forgotten.
    /// </summary>
    public const int LieTimes = 3;
}
