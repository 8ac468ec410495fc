using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// Clients that send every call to either host, and often to both at once: submissions, ends, cancellations, holds, settlements, credits,
/// keys, pins. Part of the jobs is left to the markets of both hosts and their workers.
/// </summary>
internal sealed class TwinLoad(TwinHost[] hosts, SeededChance chance, TwinFacts facts, AccountId[] payees, MemoryBlobs blobs)
{
    private const int Clients = 4;
    private static readonly TimeSpan EndedWithin = TimeSpan.FromHours(2);

    private readonly List<Caller> _callers = [];
    private ProgramId _plain;
    private int _names;

    public ProgramId Writing { get; private set; }

    public IEnumerable<AccountId> Payers => _callers.Select(caller => caller.Account);

    public async Task Run(int operations)
    {
        foreach (var name in new[] { "one", "two", "three" })
        {
            await Open(new AccountId(Blake3.Hash(Encoding.UTF8.GetBytes(name))));
        }
        _plain = await Deploy("command");
        Writing = await Deploy("command writes");
        await Task.WhenAll(
            Enumerable
                .Range(0, Clients)
                .Select(async _ =>
                {
                    for (var left = operations / Clients; left > 0; left--)
                    {
                        await Step();
                        await Any().Pause(100);
                    }
                })
        );
    }

    /// <summary>Jobs that were left to the markets.</summary>
    public Task WaitForAll() => Task.WhenAll(facts.Jobs.Select(job => WaitEnded(job.Key, job.Value)));

    private SimulatedLink Any() => hosts[chance.Below(hosts.Length)].Link;

    private Caller AnyCaller() => _callers[chance.Below(_callers.Count)];

    private string NewName() => $"{++_names}";

    /// <summary>The same call to one host, or to all of them at once.</summary>
    private Task<TAnswer[]> Send<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call) =>
        Task.WhenAll(chance.Below(2) == 0 ? [Any().Insist(call)] : hosts.Select(host => host.Link.Insist(call)));

    private Task Step()
    {
        var kind = chance.Below(100);
        return kind switch
        {
            < 45 => Job(AnyCaller()),
            < 55 => Credit(AnyCaller().Account),
            < 65 => Key(AnyCaller().Account),
            < 75 => OrphanedHold(AnyCaller()),
            < 85 => Pin(AnyCaller().Account),
            _ => Look(chance.Below(3) == 0 ? payees[chance.Below(payees.Length)] : AnyCaller().Account),
        };
    }

    private async Task Job(Caller caller)
    {
        var writes = chance.Below(5) == 0;
        var item = TestMarket.Item($"job {NewName()}", writes ? Writing : _plain, price: 20);
        var answers = await Send(async grains =>
        {
            var result = (await grains.GetGrain<ISubmissionGrain>(0).Submit(caller, [item]))[0];
            return result.Code is { } code ? throw new MarketException(code, result.Message!) : result.Job;
        });
        var job = answers[0];
        facts.Count("submit");
        if (writes)
        {
            facts.Writing.Add(job);
        }
        facts.Jobs.Add(job, caller.Account);
        var ending = new List<Task>();
        if (!writes && chance.Below(2) == 0)
        {
            ending.Add(Complete(job));
        }
        if (chance.Below(5) == 0)
        {
            ending.Add(Cancel(job, caller));
        }
        await Task.WhenAll(ending);
    }

    private async Task Complete(JobId job)
    {
        facts.Count("complete");
        await Task.WhenAll(
            hosts.Select(async host =>
            {
                await host.Link.Pause(30);
                var end = new JobEnd(
                    Status: JobStatus.Completed,
                    Fault: JobFault.None,
                    Code: null,
                    Reason: null,
                    Worker: default(WorkerId),
                    Payee: payees[chance.Below(payees.Length)],
                    PricePerMillionFuel: new TokenAmount((UInt128)(1 + chance.Below(10))),
                    FuelUsed: 500_000,
                    Output: default,
                    Log: default,
                    RootBefore: null,
                    RootAfter: null,
                    History: [],
                    Explanation: new GrainInterfaces.JobExplanation("", [])
                );
                var settlement = await host.Link.Insist(grains =>
                    grains.GetGrain<IJobGrain>(job.ToString()).Complete(end, Authority.Market)
                );
                facts.Settled(job, settlement);
                for (var times = chance.Below(3); times > 0 && settlement is not null; times--)
                {
                    await Settle(settlement);
                }
            })
        );
    }

    private async Task Settle(JobSettlement settlement)
    {
        facts.Count("settle");
        await Send(async grains =>
        {
            await grains.GetGrain<IAccountGrain>(settlement.Payer.ToString()).Settle([settlement], Authority.Market);
            return true;
        });
    }

    private async Task Cancel(JobId job, Caller caller)
    {
        facts.Count("cancel");
        await Any().Pause(200);
        try
        {
            await Send(grains => grains.GetGrain<IJobGrain>(job.ToString()).Cancel(caller));
        }
        catch (MarketException ended) when (ended.Code == ErrorCode.JobEnded)
        {
            return;
        }

        facts.Settled(job, await Any().Insist(grains => grains.GetGrain<IJobGrain>(job.ToString()).GetSettlement(Authority.Account)));
    }

    private async Task Credit(AccountId account)
    {
        facts.Count("credit");
        var (operation, amount) = (NewName(), new TokenAmount((UInt128)(1 + chance.Below(1000))));
        await Send(async grains =>
        {
            await grains.GetGrain<IAccountGrain>(account.ToString()).Credit(operation, amount, at: null, Authority.Silo);
            return true;
        });
        facts.Credits.Add((account, operation), amount);
    }

    /// <summary>A key works on every host when its creation has returned, and on none when its revocation has.</summary>
    private async Task Key(AccountId account)
    {
        facts.Count("key");
        var created = await Any()
            .Insist(grains =>
                grains
                    .GetGrain<IAccountGrain>(account.ToString())
                    .CreateKey(new GrainInterfaces.KeyRequest("key", Scopes.Read, null), null, Authority.Silo)
            );
        if (!ApiKey.TryParse(created.Key, out var key))
        {
            throw new InvalidOperationException($"'{created.Key}' is not a key.");
        }
        facts.Keys.Add(key.Id, (account, key));
        foreach (var host in hosts)
        {
            if (await Verify(host, key) is null)
            {
                facts.Violations.Add($"key {key.Id} was made and is refused");
            }
        }

        // Few stay: an account may have a hundred.
        if (chance.Below(8) == 0)
        {
            return;
        }
        await Send(async grains =>
        {
            await grains.GetGrain<IAccountGrain>(account.ToString()).RevokeKey(key.Id, null, Authority.Silo);
            return true;
        });
        facts.RevokedKeys.Add(key.Id);
        foreach (var host in hosts)
        {
            if (await Verify(host, key) is not null)
            {
                facts.Violations.Add($"key {key.Id} was revoked and is accepted");
            }
        }
    }

    private static Task<Caller?> Verify(TwinHost host, ApiKey key) =>
        host.Link.Insist(grains => grains.GetGrain<IKeyGrain>(key.Id).Verify(key.SecretHash));

    /// <summary>Money is held, and the process that wanted it is gone before there is a job.</summary>
    private async Task OrphanedHold(Caller caller)
    {
        facts.Count("hold");
        var job = IdDerivation.Job(caller.Account, $"orphan {NewName()}");
        await Send(grains =>
            grains.GetGrain<IAccountGrain>(caller.Account.ToString()).Hold(caller, [new HoldItem(job, new TokenAmount(3))])
        );
    }

    private async Task Pin(AccountId account)
    {
        facts.Count("pin");
        var blob = blobs.Put(Encoding.UTF8.GetBytes($"blob {chance.Below(5)}"));
        var place = (account, blob);
        // One call at a time for each account and blob, so that the last one says what must be.
        if (!_busy.Add(place))
        {
            return;
        }
        if (facts.Pins.GetValueOrDefault(place))
        {
            await Unpin(account, blob);
        }
        else
        {
            await Any().Insist(grains => grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(account, 6, null, Authority.Market));
        }
        facts.Pins[place] = !facts.Pins.GetValueOrDefault(place);
        _busy.Remove(place);
    }

    private async Task Unpin(AccountId account, BlobId blob)
    {
        try
        {
            await Any().Insist(grains => grains.GetGrain<IBlobGrain>(blob.ToString()).Unpin(account, null, Authority.Silo));
        }
        catch (MarketException gone) when (gone.Code == ErrorCode.BlobNotFound)
        {
            // An attempt whose answer was lost has removed it.
            return;
        }
    }

    private async Task Look(AccountId account)
    {
        facts.Count("look");
        try
        {
            await Task.WhenAll(hosts.Select(host => host.Link.Insist(grains => grains.GetGrain<IAccountGrain>(account.ToString()).Get())));
        }
        catch (MarketException unknown) when (unknown.Code == ErrorCode.AccountNotFound)
        {
            // A payee that has earned nothing has no account.
            return;
        }
    }

    private async Task WaitEnded(JobId job, AccountId payer)
    {
        var caller = _callers.Single(known => known.Account == payer);
        var begin = Any().Time.GetUtcNow();
        while (Any().Time.GetUtcNow() - begin < EndedWithin)
        {
            var view = await Any()
                .Insist(grains => grains.GetGrain<IJobGrain>(job.ToString()).WaitEnded(caller, TimeSpan.FromSeconds(20), default));
            if (!view.Status.HasEnded())
            {
                continue;
            }
            facts.Settled(job, await Any().Insist(grains => grains.GetGrain<IJobGrain>(job.ToString()).GetSettlement(Authority.Account)));
            return;
        }

        facts.Violations.Add($"job {job} has not ended within {EndedWithin}");
    }

    private async Task Open(AccountId account)
    {
        var amount = new TokenAmount(1_000_000);
        await Any().Insist(grains => grains.GetGrain<IAccountGrain>(account.ToString()).Credit("first", amount, at: null, Authority.Silo));
        facts.Credits.Add((account, "first"), amount);
        var created = await Any()
            .Insist(grains =>
                grains
                    .GetGrain<IAccountGrain>(account.ToString())
                    .CreateKey(
                        new GrainInterfaces.KeyRequest("first", Scopes.Read | Scopes.Submit | Scopes.Deploy, null),
                        null,
                        Authority.Silo
                    )
            );
        _callers.Add(new Caller(account, created.View.Id, created.View.Scopes));
    }

    private async Task<ProgramId> Deploy(string module)
    {
        var blob = blobs.Put(Encoding.UTF8.GetBytes(module));
        var program = IdDerivation.Program(blob, default);
        await Any()
            .Insist(grains => grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(_callers[0].Account, module.Length, null, Authority.Market));
        await Any()
            .Insist(grains =>
                grains.GetGrain<IProgramGrain>(program.ToString()).Deploy(_callers[0], new ProgramDeployment(blob, default, "program"))
            );
        return program;
    }

    private readonly HashSet<(AccountId, BlobId)> _busy = [];
}
