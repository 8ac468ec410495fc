using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// An account whose owner orders jobs in batches, cancels some, orders some again long after, sends money, and takes some out. Each answer
/// is compared with what was asked.
/// </summary>
internal sealed class SimulatedBuyer(SimulatedMarket market, SeededChance chance, string name, int jobs, bool isPoor)
{
    private const long Credit = 1_000_000;
    private const long PoorCredit = 120;
    private static readonly string[] Labels = ["gpu", "region=eu"];

    private static readonly Assurance[] Assurances =
    [
        Assurance.Audit(500),
        Assurance.Quorum(2, 2),
        Assurance.Quorum(2, 3),
        Assurance.Quorum(3, 4),
    ];

    private readonly MarketFacts _facts = market.Facts;
    private readonly SimulatedLink _link = market.Silo.Link;
    private Caller _caller = null!;
    private int _orders;

    public AccountId Account { get; } = new(Blake3.Hash(Encoding.UTF8.GetBytes(name)));

    public TokenAmount Credited => new(isPoor ? PoorCredit : (UInt128)Credit);

    public async Task<Caller> Open()
    {
        market.Books.ExpectCredit(Account, "first", Credited);
        var (at, by) = market.SettlesOnChain ? (_link.Time.GetUtcNow(), Authority.Treasury) : ((DateTimeOffset?)null, Authority.Silo);
        await _link.Insist(grains => Grain(grains).Credit("first", Credited, at, by));
        return _caller = await market.AddKey(Account);
    }

    public async Task Work()
    {
        var working = new List<Task>();
        for (var number = 0; number < jobs; )
        {
            var batch = Enumerable.Range(number, Math.Min(1 + chance.Below(6), jobs - number)).ToArray();
            number += batch.Length;
            working.Add(Order([.. batch.Select(NewItem)]));
            await _link.Pause(3000);
            if (chance.Below(4) == 0)
            {
                working.Add(chance.Below(3) == 0 ? Withdraw() : Send());
            }
        }
        await Task.WhenAll(working);
    }

    private IAccountGrain Grain(IGrainFactory grains) => grains.GetGrain<IAccountGrain>(Account.ToString());

    private SubmitItem NewItem(int number)
    {
        var writes = chance.Below(4) == 0;
        var needs = chance.Below(6) == 0 ? new GrainInterfaces.JobNeeds(Labels: [Labels[chance.Below(Labels.Length)]]) : null;
        var assurance = chance.Below(5) == 0 ? Assurances[chance.Below(Assurances.Length)] : default;
        var price = (chance.Below(8) == 0 ? 3 : 10 + chance.Below(40)) * assurance.Seats;
        var spec = TestMarket.Spec(writes ? market.Writing[chance.Below(market.Writing.Length)] : market.Plain, price, $"{number}") with
        {
            ExpiresAfter = TimeSpan.FromMinutes(3),
            RetriesMax = chance.Below(4),
            Needs = chance.Below(6) == 0 ? (needs ?? new GrainInterfaces.JobNeeds()) with { AllowsNewcomers = true } : needs,
            Priority = chance.Below(5) == 0 ? 1 + chance.Below(3) : 0,
            Assurance = assurance,
            Auction = assurance.IsNone && chance.Below(4) == 0 ? TimeSpan.FromMilliseconds(100 + chance.Below(2000)) : default,
            Group = assurance.IsNone && chance.Below(5) == 0 ? new JobGroupTerms("apart", (GroupSpread)chance.Below(2)) : null,
        };
        var item = new SubmitItem($"job {number}", spec);
        _facts.Jobs.Add(IdDerivation.Job(Account, item.RequestId), new OrderedJob(Account, spec, writes));
        return item;
    }

    private async Task Order(ImmutableArray<SubmitItem> items)
    {
        await Submit(items);
        foreach (var item in items.Where(_ => chance.Below(7) == 0))
        {
            await _link.Pause(3000);
            await Cancel(IdDerivation.Job(Account, item.RequestId));
        }
        if (chance.Below(3) == 0)
        {
            await _link.Pause(chance.Below(2) == 0 ? 100 : 40_000);
            await Submit(items);
        }
        if (chance.Below(4) == 0)
        {
            await Misuse(items[0]);
        }
    }

    /// <summary>Repeated until each job is accepted or refused for good.</summary>
    private async Task Submit(ImmutableArray<SubmitItem> items)
    {
        for (var open = items; open.Length > 0; )
        {
            var sent = open;
            var results = await _link.Insist(grains => grains.GetGrain<ISubmissionGrain>(0).Submit(_caller, sent));
            open = [.. sent.Where((_, index) => !IsDecided(results[index]))];
            if (open.Length > 0)
            {
                await _link.Pause(1000);
            }
        }
    }

    private bool IsDecided(SubmitResult result)
    {
        var job = _facts.Jobs[result.Job];
        switch (result.Code)
        {
            case null:
                job.IsAcknowledged = true;
                return true;
            case ErrorCode.Unavailable or ErrorCode.OutcomeUnknown:
                return false;
            case ErrorCode.InsufficientFunds when isPoor:
                _facts.Trail.Check(!job.IsAcknowledged, $"job {result.Job} was accepted, and its repetition is refused: {result.Message}");
                return true;
            default:
                _facts.Trail.Violate($"job {result.Job} was refused: {result.Code}, {result.Message}");
                return true;
        }
    }

    /// <summary>Another job under a request id that was used.</summary>
    private async Task Misuse(SubmitItem used)
    {
        var job = _facts.Jobs[IdDerivation.Job(Account, used.RequestId)];
        if (!job.IsAcknowledged)
        {
            return;
        }
        var other = used with { Spec = used.Spec with { Input = "other"u8.ToArray() } };
        while (true)
        {
            var result = (await _link.Insist(grains => grains.GetGrain<ISubmissionGrain>(0).Submit(_caller, [other])))[0];
            if (result.Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
            {
                await _link.Pause(1000);
                continue;
            }
            _facts.Trail.Check(result.Code is not null, $"request id '{used.RequestId}' of {Account} was taken for two jobs");
            return;
        }
    }

    private async Task Cancel(JobId job)
    {
        try
        {
            var view = await _link.Insist(grains => grains.GetGrain<IJobGrain>(job.ToString()).Cancel(_caller));
            _facts.Trail.Check(view.Status == JobStatus.Cancelled, $"job {job} was cancelled and is {view.Status}");
        }
        catch (MarketException refused) when (refused.Code is ErrorCode.JobEnded or ErrorCode.JobNotFound)
        {
            return;
        }
    }

    private async Task Send()
    {
        var to = market.Accounts[chance.Below(market.Accounts.Count)];
        if (to == Account)
        {
            return;
        }
        await market.Transfer(_caller, $"send {++_orders}", to, 1 + chance.Below(20));
    }

    private async Task Withdraw()
    {
        var (operation, amount, at) = ($"out {++_orders}", new TokenAmount((UInt128)(1 + chance.Below(10))), _link.Time.GetUtcNow());
        market.Books.ExpectDebit(Account, operation, amount);
        try
        {
            await _link.Insist(grains => Grain(grains).Debit(operation, amount, at, Authority.Treasury));
        }
        catch (MarketException refused) when (refused.Code == ErrorCode.InsufficientFunds && isPoor)
        {
            return;
        }
        market.Books.RequireDebited(Account, operation);
        _facts.Withdrawn[Account] = _facts.Withdrawn.GetValueOrDefault(Account) + amount;
    }

    /// <summary>Waits for the ends of all jobs.</summary>
    /// <param name="until">When the last one must have ended.</param>
    public async Task WaitForAll(DateTimeOffset until)
    {
        foreach (var (id, job) in _facts.Jobs.Where(pair => pair.Value.Payer == Account && pair.Value.IsAcknowledged))
        {
            while (job.Seen is null)
            {
                var view = await _link.Insist(grains =>
                    grains.GetGrain<IJobGrain>(id.ToString()).WaitEnded(_caller, TimeSpan.FromSeconds(20), default)
                );
                job.Seen = view.Status.HasEnded() ? view.Status : null;
                if (job.Seen is null && _link.Time.GetUtcNow() > until)
                {
                    _facts.Trail.Violate($"job {id} is still {view.Status} {SimulatedMarket.EndsWithin} after the last fault");
                    break;
                }
            }
        }
    }
}
