using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Single-use stand-ins for a key where the key itself would end up in logs and histories of URLs: a ticket is worthless once used and when
/// its life is over. Kept in memory: a ticket is good only at the gateway that gave it.
/// </summary>
/// <typeparam name="TKey">What of the key is kept.</typeparam>
/// <param name="time">The clock.</param>
/// <param name="life">Time between asking for a ticket and using it.</param>
internal class KeyTickets<TKey>(TimeProvider time, TimeSpan life)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Issued>> _issued = new(StringComparer.Ordinal);
    private readonly LinkedList<Issued> _oldestFirst = new();
    private readonly Dictionary<AccountId, int> _perAccount = [];

    /// <exception cref="MarketException">The account, or all accounts together, have as many unused tickets as allowed.</exception>
    public (string Ticket, DateTimeOffset ExpiresAt) Issue(AccountId account, TKey key)
    {
        var ticket = RandomNumberGenerator.GetHexString(2 * Tickets.SecretBytes, lowercase: true);
        lock (_gate)
        {
            DropExpired();
            var own = _perAccount.GetValueOrDefault(account);
            if (own >= GatewayPolicy.AccountTicketsMax || _issued.Count >= GatewayPolicy.TicketsMax)
            {
                throw new MarketException(
                    ErrorCode.RateLimited,
                    GatewayMessages.TicketsFull(GatewayPolicy.AccountTicketsMax, GatewayPolicy.TicketsMax, life)
                );
            }
            _issued.Add(ticket, _oldestFirst.AddLast(new Issued(ticket, time.GetTimestamp(), account, key)));
            _perAccount[account] = own + 1;
            return (ticket, time.GetUtcNow() + life);
        }
    }

    public bool TryUse(string ticket, [MaybeNullWhen(false)] out TKey key)
    {
        key = default;
        lock (_gate)
        {
            DropExpired();
            if (!_issued.TryGetValue(ticket, out var issued))
            {
                return false;
            }
            Remove(issued);
            key = issued.Value.Key;
            return true;
        }
    }

    private void DropExpired()
    {
        // The time of day that the client was told is for the client; what ends the ticket is time that has passed.
        while (_oldestFirst.First is { } oldest && time.GetElapsedTime(oldest.Value.IssuedAt) >= life)
        {
            Remove(oldest);
        }
    }

    /// <summary>Nothing is left of it: one that was used at once must not stay for a life, or there could be millions.</summary>
    private void Remove(LinkedListNode<Issued> issued)
    {
        _issued.Remove(issued.Value.Ticket);
        _oldestFirst.Remove(issued);
        var account = issued.Value.Account;
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

    private sealed record Issued(string Ticket, long IssuedAt, AccountId Account, TKey Key);
}

/// <summary>What all tickets have in common.</summary>
internal static class Tickets
{
    /// <summary>Before a ticket in an address.</summary>
    public const string Parameter = "ticket";

    /// <summary>The text form: <see cref="SecretBytes"/> in hexadecimal digits.</summary>
    public const string Pattern = "^[0-9a-f]{64}$";

    public const int SecretBytes = 32;
}

/// <summary>For clients that open an event stream and cannot send a header, as a browser's EventSource.</summary>
internal sealed class EventTickets(TimeProvider time) : KeyTickets<ApiKey>(time, GatewayPolicy.TicketLife);

/// <summary>For links that sign a browser in: a ticket stands for the key's text, which is in memory until it is used or expires.</summary>
internal sealed class SignInTickets(TimeProvider time) : KeyTickets<string>(time, GatewayPolicy.SignInTicketLife);
