using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>Submits jobs in batches, cancels some, and waits until all have ended. It writes down what was acknowledged.</summary>
internal sealed class SimulatedClient(SimulatedSilo silo, SeededChance chance, int jobs)
{
    private Caller _caller = null!;

    public AccountId Account { get; } = new(Blake3.Hash("client"u8));

    public Dictionary<JobId, JobStatus> Ended { get; } = [];

    /// <summary>Every acknowledged job, and whether it writes state.</summary>
    public Dictionary<JobId, bool> Acknowledged { get; } = [];

    public ProgramId Writing { get; private set; }

    public async Task Work()
    {
        await silo.Insist(async grains =>
        {
            await grains.GetGrain<IAccountGrain>(Account.ToString()).Credit("first", new TokenAmount(1_000_000), at: null, Authority.Silo);
            return true;
        });
        var key = await silo.Insist(grains =>
            grains
                .GetGrain<IAccountGrain>(Account.ToString())
                .CreateKey(
                    new GrainInterfaces.KeyRequest("simulated", Scopes.Read | Scopes.Submit | Scopes.Deploy, null),
                    null,
                    Authority.Silo
                )
        );
        _caller = new Caller(Account, key.View.Id, key.View.Scopes);
        var plain = await Deploy("command");
        Writing = await Deploy("command writes");
        var working = new List<Task>();
        for (var number = 0; number < jobs; )
        {
            var batch = Enumerable.Range(number, Math.Min(1 + chance.Below(10), jobs - number)).ToArray();
            number += batch.Length;
            working.Add(SubmitAndWait([.. batch.Select(job => TestMarket.Item($"job {job}", job % 4 == 0 ? Writing : plain, price: 20))]));
            await silo.Pause(200);
        }

        await Task.WhenAll(working);
    }

    private async Task<ProgramId> Deploy(string module)
    {
        var blob = silo.Blobs.Put(Encoding.UTF8.GetBytes(module));
        var program = IdDerivation.Program(blob, default);
        await silo.Insist(grains => grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(Account, module.Length, null, Authority.Market));
        await silo.Insist(grains =>
            grains.GetGrain<IProgramGrain>(program.ToString()).Deploy(_caller, new ProgramDeployment(blob, default, "program"))
        );
        return program;
    }

    private async Task SubmitAndWait(SubmitItem[] items)
    {
        var open = items;
        while (open.Length > 0)
        {
            var sent = open;
            var results = await silo.Insist(grains => grains.GetGrain<ISubmissionGrain>(0).Submit(_caller, [.. sent]));
            for (var index = 0; index < sent.Length; index++)
            {
                if (results[index].Code is null)
                {
                    Acknowledged.Add(results[index].Job, sent[index].Spec.Program == Writing);
                }
                else if (results[index].Code is not (ErrorCode.Unavailable or ErrorCode.OutcomeUnknown))
                {
                    throw new InvalidOperationException($"An order was refused: {results[index].Message}");
                }
            }

            open = [.. sent.Where((_, index) => results[index].Code is not null)];
        }

        await Task.WhenAll(items.Select(item => WaitEnded(IdDerivation.Job(Account, item.RequestId))));
    }

    private async Task WaitEnded(JobId job)
    {
        if (chance.Below(10) == 0)
        {
            await Cancel(job);
        }
        while (true)
        {
            var view = await silo.Insist(grains =>
                grains.GetGrain<IJobGrain>(job.ToString()).WaitEnded(_caller, TimeSpan.FromSeconds(20), default)
            );
            if (!view.Status.HasEnded())
            {
                continue;
            }
            Ended.Add(job, view.Status);
            return;
        }
    }

    private async Task Cancel(JobId job)
    {
        await silo.Pause(400);
        try
        {
            await silo.Insist(grains => grains.GetGrain<IJobGrain>(job.ToString()).Cancel(_caller));
        }
        catch (MarketException ended) when (ended.Code == ErrorCode.JobEnded)
        {
            return;
        }
    }
}
