using System.Runtime.ExceptionServices;

namespace Marketplace.Engine.Guests;

/// <summary>
/// Carries what an invocation's state or blobs threw through the guest's frames, so that it is told from a fault of the engine and reaches
/// the caller of the run as it was.
/// </summary>
internal sealed class GuestHostFault(Exception cause) : Exception(cause.Message, cause)
{
    public ExceptionDispatchInfo Cause { get; } = ExceptionDispatchInfo.Capture(cause);

    public static TResult Guard<TResult>(Func<TResult> call)
    {
        try
        {
            return call();
        }
        catch (Exception cause)
        {
            throw new GuestHostFault(cause);
        }
    }
}
