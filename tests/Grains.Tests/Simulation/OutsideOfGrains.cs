namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// The place where it was made, outside of the grains' turns. What goes on there goes on also when the grain that began it was lost.
/// </summary>
internal sealed class OutsideOfGrains
{
    private readonly SynchronizationContext? _place = SynchronizationContext.Current;

    public ValueTask<TResult> Do<TResult>(Func<ValueTask<TResult>> what)
    {
        var inside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_place);
        try
        {
            return what();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(inside);
        }
    }
}
