using Marketplace.Grains;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// The memory of request bodies and answers, which a slow sender or reader holds for as long as it likes. All of it has a bound, and each account a part
/// of it. Answers have half of it at most: readers who do not read must not keep others from submitting.
/// </summary>
internal sealed class MemoryBudget(IOptions<GatewayOptions> options)
{
    private readonly long _bytesMax = options.Value.MemoryBytesMax;
    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, Held> _accounts = [];
    private Held _all;

    /// <summary>A share for a request; dispose it when the answer is out.</summary>
    /// <exception cref="MarketException">There is no room now. The request has had no effect.</exception>
    public MemoryShare Take(AccountId account, long body, long answer)
    {
        var asked = new Held(body, answer);
        lock (_gate)
        {
            var own = _accounts.GetValueOrDefault(account);
            Check(own, asked);
            _accounts[account] = own.Plus(asked);
            _all = _all.Plus(asked);
        }
        return new MemoryShare(this, account, body, answer);
    }

    internal void Return(AccountId account, long body, long answer)
    {
        var back = new Held(-body, -answer);
        lock (_gate)
        {
            _all = _all.Plus(back);
            var own = _accounts[account].Plus(back);
            if (own == default)
                _accounts.Remove(account);
            else
                _accounts[account] = own;
        }
    }

    private void Check(Held own, Held asked)
    {
        var (answersMax, ownMax) = (_bytesMax / GatewayPolicy.AnswersPart, _bytesMax / GatewayPolicy.AccountMemoryPart);
        var ownAnswersMax = _bytesMax / GatewayPolicy.AccountAnswersPart;
        if (_all.Sum + asked.Sum > _bytesMax)
            throw new MarketException(ErrorCode.Unavailable, GatewayMessages.MemoryFull(_bytesMax));
        if (asked.Answer > 0 && _all.Answer + asked.Answer > answersMax)
            throw new MarketException(ErrorCode.Unavailable, GatewayMessages.AnswersFull(answersMax));
        // What fits into the whole is served to an account that has nothing else under way, whatever its part is.
        if (own.Sum > 0 && own.Sum + asked.Sum > ownMax)
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.AccountMemoryFull(own.Sum, ownMax));
        if (own.Answer > 0 && asked.Answer > 0 && own.Answer + asked.Answer > ownAnswersMax)
            throw new MarketException(ErrorCode.RateLimited, GatewayMessages.AccountAnswersFull(own.Answer, ownAnswersMax));
    }

    private readonly record struct Held(long Body, long Answer)
    {
        public long Sum => Body + Answer;

        public Held Plus(Held other) => new(Body + other.Body, Answer + other.Answer);
    }
}

/// <summary>What one request holds of the <see cref="MemoryBudget"/>. A feature of the request.</summary>
internal sealed class MemoryShare(MemoryBudget budget, AccountId account, long body, long answer) : IDisposable
{
    private long _body = body;
    private long _answer = answer;

    /// <summary>The body has been read and used up; the answer may take its time.</summary>
    public void ReturnBody()
    {
        if (Interlocked.Exchange(ref _body, 0) is > 0 and var bytes)
            budget.Return(account, bytes, 0);
    }

    public void Dispose()
    {
        ReturnBody();
        if (Interlocked.Exchange(ref _answer, 0) is > 0 and var bytes)
            budget.Return(account, 0, bytes);
    }
}
