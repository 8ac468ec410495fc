namespace Marketplace.Gateway;

/// <summary>The bytes that the buffers of all event streams together may hold beyond what each has for itself.</summary>
internal sealed class EventMemory(long bytesMax)
{
    private long _taken;

    public bool TryTake(long bytes)
    {
        if (bytes == 0)
        {
            return true;
        }
        if (Interlocked.Add(ref _taken, bytes) <= bytesMax)
        {
            return true;
        }
        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
