using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// Who may ask how often: by address before the caller is known, by account after. Idle partitions are dropped by the limiter itself.
/// </summary>
internal sealed class RateLimits : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly GatewayOptions _limits;
    private readonly PartitionedRateLimiter<ulong> _addresses;
    private readonly PartitionedRateLimiter<AccountId> _accounts;
    private readonly PartitionedRateLimiter<ulong> _openings;
    private readonly TokenBucketRateLimiter _firstKeys;
    private readonly PartitionedRateLimiter<AccountId> _transfers;
    private readonly PartitionedRateLimiter<AccountId> _waits;

    public RateLimits(IOptions<GatewayOptions> options)
    {
        var limits = _limits = options.Value;
        _addresses = Buckets<ulong>(limits.AddressRequestsPerSecond, limits.AddressRequestsBurst);
        _accounts = Buckets<AccountId>(limits.AccountRequestsPerSecond, limits.AccountRequestsBurst);
        _openings = Buckets<ulong>(limits.AddressOpeningsPerMinute / 60.0, limits.AddressOpeningsBurst);
        _firstKeys = new TokenBucketRateLimiter(Bucket(limits.OpeningsPerMinute / 60.0, limits.OpeningsBurst));
        _transfers = Places(limits.AccountTransfersMax);
        _waits = Places(limits.AccountWaitsMax);
    }

    /// <summary>False: the answer is written.</summary>
    public ValueTask<bool> Admit(HttpContext http, IPAddress? address) =>
        Admit(http, _addresses.AttemptAcquire(KeyOf(address)), "address", _limits.AddressRequestsPerSecond);

    /// <inheritdoc cref="Admit(HttpContext, IPAddress?)"/>
    public ValueTask<bool> Admit(HttpContext http, AccountId account) =>
        Admit(http, _accounts.AttemptAcquire(account), "account", _limits.AccountRequestsPerSecond);

    /// <summary>Counts an opening of an account, whatever comes of it.</summary>
    /// <exception cref="MarketException">As many came from this address as allowed.</exception>
    public void RequireOpening(HttpContext http)
    {
        using var lease = _openings.AttemptAcquire(KeyOf(http.Connection.RemoteIpAddress));
        if (!lease.IsAcquired)
        {
            SetRetryAfter(http, lease);
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.TooManyOpenings(_limits.AddressOpeningsPerMinute));
        }
    }

    /// <summary>
    /// Whether one more account may get its first key at this silo. Also counts the openings of accounts that have one; they are served
    /// all the same.
    /// </summary>
    public bool TakeOpening()
    {
        _firstKeys.TryReplenish();
        using var lease = _firstKeys.AttemptAcquire();
        return lease.IsAcquired;
    }

    /// <summary>A place among the account's transfers; dispose it when the transfer has ended.</summary>
    public RateLimitLease EnterTransfer(AccountId account) => _transfers.AttemptAcquire(account);

    /// <summary>A place among the account's requests that wait for a job; dispose it when the wait is over.</summary>
    /// <exception cref="MarketException">As many wait as allowed.</exception>
    public IDisposable EnterWait(AccountId account)
    {
        var place = _waits.AttemptAcquire(account);
        return place.IsAcquired
            ? place
            : throw new MarketException(ErrorCode.RateLimited, GatewayMessages.TooManyWaits(_limits.AccountWaitsMax));
    }

    public void Dispose()
    {
        _addresses.Dispose();
        _accounts.Dispose();
        _openings.Dispose();
        _firstKeys.Dispose();
        _transfers.Dispose();
        _waits.Dispose();
    }

    /// <summary>A network of IPv6 hands each of its machines 2^64 addresses, so one /64 counts as one.</summary>
    internal static ulong KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return address.AddressFamily == AddressFamily.InterNetwork && written == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private static async ValueTask<bool> Admit(HttpContext http, RateLimitLease lease, string who, int perSecond)
    {
        if (lease.IsAcquired)
        {
            lease.Dispose();
            return true;
        }
        SetRetryAfter(http, lease);
        lease.Dispose();
        await ProblemFactory.Write(http, ErrorCode.RateLimited, GatewayMessages.TooManyRequests(who, perSecond));
        return false;
    }

    private static void SetRetryAfter(HttpContext http, RateLimitLease lease)
    {
        var after = lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? time : Period;
        http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }

    private static PartitionedRateLimiter<AccountId> Places(int max) =>
        PartitionedRateLimiter.Create<AccountId, AccountId>(account =>
            RateLimitPartition.GetConcurrencyLimiter(account, _ => new ConcurrencyLimiterOptions { PermitLimit = max, QueueLimit = 0 })
        );

    private static PartitionedRateLimiter<TKey> Buckets<TKey>(double perSecond, int burst)
        where TKey : notnull =>
        PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => Bucket(perSecond, burst)));

    /// <summary>Refills ten times a second, or, for rates below ten, one token at a time.</summary>
    private static TokenBucketRateLimiterOptions Bucket(double perSecond, int burst)
    {
        var tokens = Math.Max(1, (int)(perSecond / 10));
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds(tokens / perSecond),
            QueueLimit = 0,
            AutoReplenishment = false,
        };
    }
}
