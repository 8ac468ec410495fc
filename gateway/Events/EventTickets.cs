using System.Security.Cryptography;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Single-use stand-ins for a key, for clients that cannot send a header (a browser's EventSource). What ends up in logs and histories of
/// URLs is worthless once used and after half a minute. Kept in memory: a ticket is good only at the gateway that gave it.
/// </summary>
internal sealed class EventTickets(TimeProvider time)
{
    public const string Parameter = "ticket";

    /// <summary>The text form: <see cref="SecretBytes"/> in hexadecimal digits.</summary>
    public const string Pattern = "^[0-9a-f]{64}$";

    private const int SecretBytes = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Issued> _issued = new(StringComparer.Ordinal);
    private readonly Queue<(string Ticket, long IssuedAt)> _order = new();
    private readonly Dictionary<AccountId, int> _perAccount = [];

    /// <exception cref="MarketException">The account, or all accounts together, have as many unused tickets as allowed.</exception>
    public EventTicket Issue(AccountId account, ApiKey key)
    {
        var ticket = RandomNumberGenerator.GetHexString(2 * SecretBytes, lowercase: true);
        lock (_gate)
        {
            DropExpired();
            var own = _perAccount.GetValueOrDefault(account);
            if (own >= GatewayPolicy.AccountTicketsMax || _issued.Count >= GatewayPolicy.TicketsMax)
            {
                throw new MarketException(
                    ErrorCode.RateLimited,
                    GatewayMessages.TicketsFull(GatewayPolicy.AccountTicketsMax, GatewayPolicy.TicketsMax)
                );
            }
            _issued.Add(ticket, new Issued(account, key));
            _order.Enqueue((ticket, time.GetTimestamp()));
            _perAccount[account] = own + 1;
            return new EventTicket(ticket, time.GetUtcNow() + GatewayPolicy.TicketLife);
        }
    }

    public bool TryUse(string ticket, out ApiKey key)
    {
        key = default;
        lock (_gate)
        {
            DropExpired();
            if (!_issued.TryGetValue(ticket, out var issued))
            {
                return false;
            }
            Remove(ticket, issued.Account);
            key = issued.Key;
            return true;
        }
    }

    private void DropExpired()
    {
        // The time of day that the client was told is for the client; what ends the ticket is time that has passed.
        while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.IssuedAt) >= GatewayPolicy.TicketLife)
        {
            _order.Dequeue();
            if (_issued.TryGetValue(oldest.Ticket, out var issued))
            {
                Remove(oldest.Ticket, issued.Account);
            }
        }
    }

    private void Remove(string ticket, AccountId account)
    {
        _issued.Remove(ticket);
        var left = _perAccount[account] - 1;
        if (left == 0)
        {
            _perAccount.Remove(account);
        }
        else
        {
            _perAccount[account] = left;
        }
    }

    private sealed record Issued(AccountId Account, ApiKey Key);
}
