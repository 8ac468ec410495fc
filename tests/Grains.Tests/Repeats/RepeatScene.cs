using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Intrusions;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>
/// A silo of the real grains over the real store in a simulated run without faults, with what the cases of repeated calls need: accounts,
/// programs, jobs, a worker. The same seed prepares the same, so two runs that differ in the number of calls can be compared.
/// </summary>
internal sealed class RepeatScene(SimulatedRun run, SimulatedSilo silo)
{
    /// <summary>Longer than what was announced gathers before the ledger is told.</summary>
    private static readonly TimeSpan Rest = (2 * BatchPolicy.TellAfter) + TimeSpan.FromSeconds(5);

    public static AccountId Client { get; } = Id("client");
    public static AccountId Payee { get; } = Id("payee");

    /// <summary>Has no part in anything.</summary>
    public static AccountId Stranger { get; } = Id("stranger");

    /// <summary>The moment of operations that name one.</summary>
    public static DateTimeOffset At => SimulatedRun.Start;

    public Caller Operator { get; private set; } = null!;

    public static HoldId Stake { get; } = new(HoldPurpose.Stake, Client.Value);
    public static WorkerOffer Offer { get; } =
        new(new WorkerId(Payee.Value), Payee, new TokenAmount(10), Slots: 4, MarketLimits.MemoryPagesMax);

    public static OutcomeBatch Outcomes { get; } =
        new(
            "wasm",
            Start: 1,
            Sequence: 1,
            Kept: 3,
            new TokenAmount(30),
            [new GrainInterfaces.Fault(new JobId(Client.Value), At, new TokenAmount(10), "it did not come back")]
        );

    public static GrainInterfaces.AppealRequest Appeal { get; } = new("appeal", [new JobId(Client.Value)], "the network was down");

    public static GrainInterfaces.StakeRequest AtStake { get; } = new("stake", new TokenAmount(7));

    /// <summary>Who makes the calls instead of who should; null: none.</summary>
    public Intruder? Intruder { get; set; }

    public IGrainFactory Grains => Intruder?.Behind(silo.Grains) ?? silo.Grains;
    public IReputationGrain Reputation => Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(new WorkerId(Client.Value)));
    public IAccountGrain Account => Grains.GetGrain<IAccountGrain>(Client.ToString());
    public IStorageQuotaGrain Quota => Grains.GetGrain<IStorageQuotaGrain>(Client.ToString());
    public IMarketShardGrain Shard => Grains.GetGrain<IMarketShardGrain>(MarketLimits.DefaultClass);

    public IMarketGrain Market => Grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass);
    public Caller Caller { get; private set; } = null!;

    /// <summary>A further key of the client.</summary>
    public ApiKey Key { get; private set; }

    public ProgramId Program { get; private set; }
    public ProgramId Writing { get; private set; }
    public BlobId Blob { get; private set; }

    /// <summary>Bytes that nobody keeps.</summary>
    public BlobId LooseBlob { get; private set; }

    public async Task Prepare()
    {
        await Account.Credit("first", new TokenAmount(1_000_000), at: null, Authority.Silo);
        var created = await Account.CreateKey(
            new GrainInterfaces.KeyRequest("first", Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer, null),
            null,
            Authority.Silo
        );
        Caller = new Caller(Client, created.View.Id, created.View.Scopes);
        var admin = await Grains
            .GetGrain<IAccountGrain>(Id("operator").ToString())
            .CreateKey(new GrainInterfaces.KeyRequest("admin", Scopes.Admin, null), null, Authority.Silo);
        Operator = new Caller(Id("operator"), admin.View.Id, admin.View.Scopes);
        if (
            !ApiKey.TryParse(
                (await Account.CreateKey(new GrainInterfaces.KeyRequest("second", Scopes.Read, null), null, Authority.Silo)).Key,
                out var key
            )
        )
        {
            throw new InvalidOperationException("A created key cannot be read.");
        }
        Key = key;
        Blob = await Upload("bytes");
        LooseBlob = silo.Blobs.Put("loose bytes"u8.ToArray());
        Program = await Deploy("command");
        Writing = await Deploy("command writes");
    }

    public IJobGrain Job(JobId job) => Grains.GetGrain<IJobGrain>(job.ToString());

    public IWorkerGrain Worker => Grains.GetGrain<IWorkerGrain>(Offer.Worker.ToString());

    public IStateGrain State => Grains.GetGrain<IStateGrain>(Writing.ToString());

    public async Task<JobId> Submit(string requestId, ProgramId program)
    {
        var result = (await Grains.GetGrain<ISubmissionGrain>(0).Submit(Caller, [TestMarket.Item(requestId, program)]))[0];
        return result.Code is null ? result.Job : throw new InvalidOperationException($"The job was refused: {result.Message}");
    }

    /// <summary>A job that a worker has.</summary>
    public async Task<Lease> Lease(ProgramId program)
    {
        await Submit("leased", program);
        var start = await Grains.GetGrain<IWorkerGrain>(Offer.Worker.ToString()).Register(Offer);
        for (var sequence = 1; ; sequence++)
        {
            var orders = await Market.Poll(new WorkerPoll(Offer.Worker, start, sequence, Offer.Slots), default);
            if (orders.Leases is [var lease, ..])
            {
                return lease;
            }
        }
    }

    public LeaseReport Report(Lease lease) =>
        new(
            Lease: lease.Id,
            Job: lease.Ticket.Job,
            Outcome: RunOutcome.Completed,
            Reason: null,
            FuelUsed: 500_000,
            Output: default,
            Log: default,
            StateChanges: lease.Root is null ? [] : [new StateChange("key"u8.ToArray(), "value"u8.ToArray())],
            StartedAt: run.Time.GetUtcNow(),
            EndedAt: run.Time.GetUtcNow()
        );

    public static JobEnd End() =>
        new(
            Status: JobStatus.Completed,
            Fault: JobFault.None,
            Code: null,
            Reason: null,
            Worker: Offer.Worker,
            Payee: Payee,
            PricePerMillionFuel: new TokenAmount(10),
            FuelUsed: 500_000,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: [],
            Explanation: new GrainInterfaces.JobExplanation("", [])
        );

    /// <summary>A submission straight to the job, on money that is held for it.</summary>
    public async Task<(JobId Id, JobSubmission Submission)> Hold(string requestId)
    {
        var item = TestMarket.Item(requestId, Program);
        var id = IdDerivation.Job(Client, requestId);
        var held = await Account.Hold(Caller, [new HoldItem(id, item.Spec.PriceMax)]);
        return (id, new JobSubmission(Client, requestId, item.Spec, Blob, UsesState: false, held.HeldAt));
    }

    /// <summary>Waits until what nobody awaits, settlements and transfers, has come to rest.</summary>
    public Task ComeToRest() => Task.Delay(Rest, run.Time);

    /// <summary>The power goes; nothing is in memory any more.</summary>
    public async Task Restart()
    {
        await ComeToRest();
        silo.Crash();
        await silo.Start();
    }

    /// <summary>As a grain would have written it.</summary>
    public async Task Write(DocumentKey key, ReadOnlyMemory<byte> content) => await silo.Store.Write(key, 0, content);

    public Task<string> Books() => RepeatBooks.Read(silo.Store);

    private static AccountId Id(string name) => new(Blake3.Hash(Encoding.UTF8.GetBytes(name)));

    private async Task<BlobId> Upload(string text)
    {
        var blob = silo.Blobs.Put(Encoding.UTF8.GetBytes(text));
        await Grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(Client, text.Length, null, Authority.Market);
        return blob;
    }

    public async Task<ProgramId> Deploy(string module)
    {
        var blob = await Upload(module);
        var program = IdDerivation.Program(blob, default);
        await Grains.GetGrain<IProgramGrain>(program.ToString()).Deploy(Caller, new ProgramDeployment(blob, default, "program"));
        return program;
    }
}
