namespace Marketplace;

/// <summary>Bounds of one worker that the market checks and that workers keep to: both sides read the same number here.</summary>
public static class WorkerLimits
{
    /// <summary>Jobs that one worker may run at a time, a thread with a guest's stack each: more than any machine has cores.</summary>
    public const int SlotsMax = 1024;
}
