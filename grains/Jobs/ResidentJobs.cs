using System.Runtime.InteropServices;

namespace Marketplace.Grains;

/// <summary>
/// How much the open jobs' activations of this process keep in memory. A job that ends soon ends without a read, because its activation
/// still has it. When many jobs wait, those beyond <see cref="JobPolicy.ResidentBytesMax"/> leave at once and are read again. Thread-safe.
/// </summary>
public sealed class ResidentJobs
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AccountId, long> _accounts = [];
    private long _bytes;

    /// <returns>Whether it may stay; then <see cref="Release"/> gives the bytes back.</returns>
    public bool TryKeep(AccountId account, int bytes)
    {
        lock (_lock)
        {
            var own = _accounts.GetValueOrDefault(account);
            if (bytes > FairShare.Room(JobPolicy.ResidentBytesMax - _bytes, own, MarketPolicy.AccountPartsOfMemory))
            {
                return false;
            }
            _bytes += bytes;
            _accounts[account] = own + bytes;
            return true;
        }
    }

    public void Release(AccountId account, int bytes)
    {
        lock (_lock)
        {
            _bytes -= bytes;
            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(_accounts, account, out _);
            own -= bytes;
            if (own == 0)
            {
                _accounts.Remove(account);
            }
        }
    }
}
