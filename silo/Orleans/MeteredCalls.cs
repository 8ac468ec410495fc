namespace Marketplace.Silo;

/// <summary>Tells the meter of each call of a grain of ours, as the embedded host does.</summary>
internal sealed class MeteredCalls(GrainMeter meter, TimeProvider time) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var began = time.GetTimestamp();
        Exception? failure = null;
        try
        {
            await context.Invoke();
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            if (context.InterfaceMethod is { } method)
            {
                meter.Of(method)(time.GetElapsedTime(began), failure);
            }
        }
    }
}
