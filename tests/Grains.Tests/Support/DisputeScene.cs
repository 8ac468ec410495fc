using Marketplace.Crypto;
using Marketplace.GrainHost.Reminders;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Marketplace.Grains.Tests.Support;

/// <summary>
/// A job of which workers tell what the test wants, and a jury that is asked and says nothing by itself. A run uses half of its fuel, which
/// costs 5, unless it is said otherwise; a seat may cost 100.
/// </summary>
internal sealed class DisputeScene(TestMarket market, DisputeScene.AskedJury jury)
{
    public const int PriceMax = 300;
    public const int Fee = 5;

    /// <summary>What a jury may cost, which a voter must have at stake.</summary>
    public const int JuryCostMax = DisputePolicy.SeatsMax * PriceMax / 3;

    public TestMarket Market => market;

    public AskedJury Jury => jury;

    public JobTicket Ticket { get; private set; } = null!;

    public Caller Staker { get; private set; } = null!;

    public IDisputeGrain Dispute => On(market.Grains);

    public IDisputeGrain On(IGrainFactory grains) => grains.GetGrain<IDisputeGrain>(Ticket.Job.ToString());

    /// <summary>Remembers for what it was asked.</summary>
    internal sealed class AskedJury : IJury
    {
        public List<Trial> Trials { get; } = [];

        /// <summary>It cannot be reached.</summary>
        public bool IsAway { get; set; }

        /// <summary>How many have a result.</summary>
        public int? InCount { get; set; }

        public Task Summon(Trial trial)
        {
            RequireHere();
            Trials.Add(trial);
            return Task.CompletedTask;
        }

        public Task<int?> CountIn(JobTicket ticket)
        {
            RequireHere();
            return Task.FromResult(InCount);
        }

        private void RequireHere()
        {
            if (IsAway)
            {
                throw new IOException("The market is away.");
            }
        }
    }

    /// <summary>Reminders outlive a crash, as on a real silo.</summary>
    public static void Run(Func<DisputeScene, Task> scenario, ulong seed = 1, bool hasJury = true, string module = "command")
    {
        var (reminders, jury) = (new MemoryReminderStore(), new AskedJury());
        TestMarket.Run(
            async market =>
            {
                var scene = new DisputeScene(market, jury);
                await scene.Prepare(module);
                await scenario(scene);
            },
            seed,
            services =>
            {
                services.AddSingleton<IReminderStore>(reminders);
                services.RemoveAll<IJury>();
                if (hasJury)
                {
                    services.AddSingleton<IJury>(jury);
                }
            }
        );
    }

    /// <summary>Puts money at stake for a worker.</summary>
    public Task Stake(string worker, int amount) => Reputation(worker).Stake(Staker, new StakeRequest(worker, Amount(amount)));

    /// <summary>Each seat of the case could pay the jury.</summary>
    public async Task StakeForAll()
    {
        foreach (var worker in new[] { "liar 0", "liar 1", "seat" })
        {
            await Stake(worker, JuryCostMax);
        }
    }

    public IReputationGrain Reputation(string worker) =>
        market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(new WorkerId(TestMarket.Id(worker).Value)));

    /// <summary>Two seats have given "lie", by which the job has ended, and one "truth".</summary>
    public DisputeCase Case() => Case("lie", Cast("liar 0", "lie"), Cast("seat", "truth"), Cast("liar 1", "lie"));

    public DisputeCase Case(string? accepted, params CastVote[] votes) =>
        new(Ticket, null, [.. votes], accepted is null ? null : Cast("any", accepted).Execution);

    /// <summary>So many jurors say "truth".</summary>
    public JuryVerdict Truth(int jurors = DisputePolicy.Lead) => new([.. Jurors(jurors, "truth")], null);

    public IEnumerable<CastVote> Jurors(int count, string output, int first = 0) =>
        Enumerable.Range(first, count).Select(number => Cast($"juror {number}", output));

    /// <param name="worker">Whose key signs; its account earns.</param>
    /// <param name="output">Null: it timed out.</param>
    public CastVote Cast(string worker, string? output, int price = 10, long fuel = 500_000) =>
        CastVotes.Cast(Ticket, worker, output, price, fuel);

    public async Task<DisputeFile> File() => DisputeFile.Parse((await Dispute.GetFile(Staker)).Span);

    /// <summary>The file, in which all holds.</summary>
    public async Task<Dispute> Checked()
    {
        var file = await File();
        Assert.DoesNotContain(DisputeChecks.Of(file, TestOwner.Domain), check => check.Result == CheckResult.Broken);
        return file.Dispute;
    }

    /// <summary>As it is stored; null: there is none.</summary>
    public DisputeState? Stored() =>
        market.Disk.Documents.TryGetValue(new DocumentKey(DisputeState.Kind, Ticket.Job.ToString()), out var document)
            ? DisputeCodec.Read(document.Content.Span)
            : null;

    /// <summary>What an account has, free and on hold; nothing where it was never paid.</summary>
    public async Task<int> Has(string name)
    {
        try
        {
            var view = await market.Account(name).Get();
            return (int)(view.Available + view.Held).BaseUnits;
        }
        catch (MarketException none) when (none.Code == ErrorCode.AccountNotFound)
        {
            return 0;
        }
    }

    public async Task<int> JurorsHave(int count = DisputePolicy.SeatsMax)
    {
        var sum = 0;
        for (var number = 0; number < count; number++)
        {
            sum += await Has($"juror {number}");
        }
        return sum;
    }

    private static TokenAmount Amount(int amount) => new((UInt128)amount);

    private async Task Prepare(string module)
    {
        Staker = await market.OpenAccount("staker", credit: 100_000);
        var spec = TestMarket.Spec(await market.Deploy(Staker, module), PriceMax) with { Assurance = Assurance.Quorum(2, 3) };
        Ticket = new JobTicket(
            Job: new JobId(TestMarket.Id("job").Value),
            Account: TestMarket.Id("buyer"),
            Spec: spec,
            Module: IdDerivation.Blob("module"u8),
            UsesState: false,
            SubmittedAt: market.Time.GetUtcNow(),
            RequestId: "request"
        );
    }
}
