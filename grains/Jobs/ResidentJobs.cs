namespace Marketplace.Grains;

/// <summary>
/// How much the open jobs' activations of this process keep in memory. A job that ends soon ends without a read, because its activation still has it; of
/// many that wait, those beyond <see cref="JobPolicy.ResidentBytesMax"/> leave at once and are read again. Thread-safe.
/// </summary>
public sealed class ResidentJobs
{
    private long _bytes;

    /// <returns>Whether it may stay; then <see cref="Release"/> gives the bytes back.</returns>
    public bool TryKeep(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= JobPolicy.ResidentBytesMax)
            return true;
        Release(bytes);
        return false;
    }

    public void Release(int bytes) => Interlocked.Add(ref _bytes, -bytes);
}
