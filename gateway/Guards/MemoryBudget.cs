using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// The memory of request bodies and answers, which a slow sender or reader holds for as long as it likes. All of it has a bound, and each
/// account a part of it. Answers have half of it at most: readers who do not read must not keep others from submitting.
/// </summary>
internal sealed class MemoryBudget(IOptions<GatewayOptions> options)
{
    private readonly long _bytesMax = options.Value.MemoryBytesMax;
    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, HeldBytes> _accounts = [];
    private HeldBytes _all;

    /// <summary>A share for a request; dispose it when the answer is out.</summary>
    /// <exception cref="MarketException">There is no room now. The request has had no effect.</exception>
    public MemoryShare Take(AccountId account, long body, long answer)
    {
        var share = new MemoryShare(this, account);
        Charge(share, new HeldBytes(body, answer));
        return share;
    }

    internal void Charge(MemoryShare share, HeldBytes asked)
    {
        lock (_gate)
        {
            Check(_accounts.GetValueOrDefault(share.Account), share.Held, asked);
            Change(share, asked);
        }
    }

    /// <summary>Gives back what a share holds for its body, or all of it.</summary>
    internal void Return(MemoryShare share, bool bodyOnly)
    {
        lock (_gate)
        {
            Change(share, new HeldBytes(-share.Held.Body, bodyOnly ? 0 : -share.Held.Answer));
        }
    }

    private void Change(MemoryShare share, HeldBytes by)
    {
        share.Held = share.Held.Plus(by);
        _all = _all.Plus(by);
        var own = _accounts.GetValueOrDefault(share.Account).Plus(by);
        if (own == default)
        {
            _accounts.Remove(share.Account);
        }
        else
        {
            _accounts[share.Account] = own;
        }
    }

    private void Check(HeldBytes own, HeldBytes share, HeldBytes asked)
    {
        var (answersMax, ownMax) = (_bytesMax / GatewayPolicy.AnswersPart, _bytesMax / GatewayPolicy.AccountMemoryPart);
        var ownAnswersMax = _bytesMax / GatewayPolicy.AccountAnswersPart;
        if (_all.Sum + asked.Sum > _bytesMax)
        {
            throw new MarketException(ErrorCode.Unavailable, GatewayMessages.MemoryFull(_bytesMax));
        }
        if (asked.Answer > 0 && _all.Answer + asked.Answer > answersMax)
        {
            throw new MarketException(ErrorCode.Unavailable, GatewayMessages.AnswersFull(answersMax));
        }
        // What fits into the whole is served to an account that has nothing else under way, whatever its part is.
        if (own.Sum > share.Sum && own.Sum + asked.Sum > ownMax)
        {
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.AccountMemoryFull(own.Sum, ownMax));
        }
        if (own.Answer > share.Answer && asked.Answer > 0 && own.Answer + asked.Answer > ownAnswersMax)
        {
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.AccountAnswersFull(own.Answer, ownAnswersMax));
        }
    }
}

internal readonly record struct HeldBytes(long Body, long Answer)
{
    public long Sum => Body + Answer;

    public HeldBytes Plus(HeldBytes other) => new(Body + other.Body, Answer + other.Answer);
}

/// <summary>What one request holds of the <see cref="MemoryBudget"/>. A feature of the request.</summary>
internal sealed class MemoryShare(MemoryBudget budget, AccountId account) : IDisposable
{
    public AccountId Account => account;

    /// <summary>The budget's to change, under its lock.</summary>
    internal HeldBytes Held { get; set; }

    /// <summary>Charges what has been read of a body whose length was not told, in pieces.</summary>
    /// <param name="read">Bytes of the body so far.</param>
    /// <exception cref="MarketException">There is no room for a further piece. The request has had no effect.</exception>
    public void CoverBody(long read)
    {
        if (read <= Held.Body)
        {
            return;
        }
        var pieces = (read + GatewayPolicy.BodyPieceBytes - 1) / GatewayPolicy.BodyPieceBytes;
        budget.Charge(this, new HeldBytes((pieces * GatewayPolicy.BodyPieceBytes) - Held.Body, 0));
    }

    /// <summary>The body has been read and used up; the answer may take its time.</summary>
    public void ReturnBody() => budget.Return(this, bodyOnly: true);

    public void Dispose() => budget.Return(this, bodyOnly: false);
}
