using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>How many event streams may be open, of one account and in all, and the memory that they share.</summary>
internal sealed class EventPlaces(IOptions<GatewayOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, int> _taken = [];
    private int _count;

    public EventMemory Memory { get; } =
        new(options.Value.EventMemoryBytesMax - ((long)options.Value.EventStreamsMax * GatewayPolicy.EventStreamBytesMin));

    public long StreamBytesMax => options.Value.EventStreamBytesMax;

    /// <exception cref="MarketException">As many streams are open as allowed.</exception>
    public void Take(AccountId account)
    {
        var limits = options.Value;
        lock (_gate)
        {
            var own = _taken.GetValueOrDefault(account);
            if (own >= limits.AccountEventStreamsMax)
            {
                throw new MarketException(ErrorCode.RateLimited, GatewayMessages.AccountEventStreamsFull(limits.AccountEventStreamsMax));
            }
            if (_count >= limits.EventStreamsMax)
            {
                throw new MarketException(ErrorCode.RateLimited, GatewayMessages.EventStreamsFull(limits.EventStreamsMax));
            }
            _taken[account] = own + 1;
            _count++;
        }
    }

    public void Return(AccountId account)
    {
        lock (_gate)
        {
            _count--;
            if (--_taken[account] == 0)
            {
                _taken.Remove(account);
            }
        }
    }
}
