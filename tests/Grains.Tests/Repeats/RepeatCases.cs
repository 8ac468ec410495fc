using System.Collections.Immutable;
using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>
/// For each grain method a call that has an effect, if the method has one at all, and what the caller learns from its answer. An answer may
/// say that the effect was there before ("already held"); what the caller may build on is the same.
/// </summary>
internal static class RepeatCases
{
    /// <summary>Prepares a scene, and gives the call that is sent.</summary>
    public delegate Task<Func<Task<string>>> Case(RepeatScene scene);

    /// <summary>By interface and method. The answers of <see cref="Restarting"/> name a start of the market.</summary>
    public static IReadOnlyDictionary<string, Case> All { get; } =
        Accounts()
            .Concat(Transfers())
            .Concat(Quotas())
            .Concat(StandingCases.All())
            .Concat(StandingCases.OfDisputes())
            .Concat(DisputeCases.All())
            .Concat(AdmissionCases.All())
            .Concat(Offers())
            .Concat(Jobs())
            .Concat(Markets())
            .Concat(WorkersCalls())
            .Concat(ShardCases.All())
            .Concat(Workers())
            .Concat(Others())
            .Concat(StateCases.All())
            .Concat(LedgerCases.All())
            .Concat(CommitteeCases.All())
            .Concat(SettlementCases.All())
            .Concat(RetentionCases.All())
            .ToDictionary(StringComparer.Ordinal);

    /// <summary>
    /// Answers that belong to one start of the market, which is memory: after a restart the caller hears that it is not known, and begins
    /// anew. The effect is one all the same.
    /// </summary>
    public static IReadOnlySet<string> Restarting { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            "IMarketGrain.Offer",
            "IMarketGrain.Poll",
            "IMarketGrain.FindLease",
            "IMarketGrain.FindRun",
            "IMarketGrain.Heartbeat",
            "IMarketGrain.Commit",
            "IMarketGrain.BeginOutput",
            "IMarketGrain.AddOutput",
            "IWorkerGrain.Register",
            "IWorkerGrain.Admit",
            "IWorkerGrain.FindBlob",
            "IWorkerGrain.BeginOutput",
            "IWorkerGrain.AddOutput",
            "IWorkerGrain.ReadState",
            "IWorkerGrain.ListState",
            "IWorkerGrain.StateRootWith",
            "IMarketShardGrain.Claim",
            "IMarketShardGrain.FindHeld",
            "IMarketGrain.GetView",
            "IMarketGrain.ListOffers",
            "IMarketGrain.FindOffer",
            "IMarketGrain.ListLeases",
            "IMarketGrain.ExplainWorker",
            "IMarketGrain.GetRoom",
            "IMarketGrain.FindClassRoom",
            "IMarketGrain.SetStanding",
            "IMarketGrain.FindJob",
            "IMarketGrain.Explain",
            "IJobGrain.Explain",
            "IJobGrain.Get",
            "IJobGrain.WaitEnded",
        };

    private static Dictionary<string, Case> Quotas() =>
        new()
        {
            ["IStorageQuotaGrain.CountBlob"] = scene => Call(() => scene.Quota.CountBlob(scene.LooseBlob, 11, Authority.Blob)),
            ["IStorageQuotaGrain.DiscountBlob"] = scene => Call(() => scene.Quota.DiscountBlob(scene.Blob, Authority.Blob)),
            ["IStorageQuotaGrain.CountModule"] = scene =>
                Call(() => scene.Quota.CountModule(new ProgramId(RepeatScene.Client.Value), scene.LooseBlob, 11, Authority.Blob)),
            ["IStorageQuotaGrain.DiscountModule"] = scene => Call(() => scene.Quota.DiscountModule(scene.Program, Authority.Blob)),
            ["IStorageQuotaGrain.FindModule"] = scene => Call(() => scene.Quota.FindModule(scene.Program), module => $"{module}"),
        };

    private static Dictionary<string, Case> Transfers() =>
        new()
        {
            ["IAccountGrain.Grant"] = scene =>
                Call(() => scene.Account.Grant(scene.Operator, "gift", new TokenAmount(7), RepeatScene.At), view => $"{view.Available}"),
            // The market of these cases settles nowhere; CompensationTests repeat what has an effect.
            ["IAccountGrain.Compensate"] = scene =>
                Call(
                    () =>
                        SettlementCases.Refusal(() =>
                            scene.Account.Compensate("loss", new TokenAmount(7), RepeatScene.At, Authority.Treasury)
                        ),
                    code => $"{code}"
                ),
            ["IAccountGrain.ReverseCompensation"] = scene =>
                Call(
                    () =>
                        SettlementCases.Refusal(() =>
                            scene.Account.ReverseCompensation("loss", new TokenAmount(7), RepeatScene.At, Authority.Treasury)
                        ),
                    code => $"{code}"
                ),
            ["IAccountGrain.Transfer"] = async scene =>
            {
                await scene
                    .Grains.GetGrain<IAccountGrain>(RepeatScene.Payee.ToString())
                    .Credit("theirs", new TokenAmount(1), null, Authority.Silo);
                return Send(
                    () => scene.Account.Transfer(scene.Caller, new TransferOrder("rent", RepeatScene.Payee, new TokenAmount(7), null)),
                    view => $"{view.Available} {view.Spent}"
                );
            },
        };

    private static Dictionary<string, Case> Accounts() =>
        new()
        {
            ["IAccountGrain.Get"] = scene => Call(() => scene.Account.Get(), view => $"{view.Available} {view.Held} {view.OpenJobs}"),
            ["IAccountGrain.GetTotals"] = scene => Call(() => scene.Account.GetTotals(Authority.Treasury), totals => $"{totals}"),
            ["IAccountGrain.Credit"] = scene => Call(() => scene.Account.Credit("second", new TokenAmount(7), at: null, Authority.Silo)),
            ["IAccountGrain.Debit"] = scene =>
                Call(() => scene.Account.Debit("payout", new TokenAmount(7), RepeatScene.At, Authority.Treasury)),
            ["IAccountGrain.ReverseCredit"] = async scene =>
            {
                await scene.Account.Credit("deposit", new TokenAmount(7), RepeatScene.At, Authority.Treasury);
                return Send(() => scene.Account.ReverseCredit("deposit", new TokenAmount(7), RepeatScene.At, Authority.Treasury));
            },
            ["IAccountGrain.SetAside"] = scene =>
                Call(
                    () => scene.Account.SetAside(scene.Caller, RepeatScene.Stake, new TokenAmount(7), RepeatScene.At),
                    outcome => outcome is HoldOutcome.Held or HoldOutcome.AlreadyHeld ? "held" : $"{outcome}"
                ),
            ["IAccountGrain.SettleShared"] = async scene =>
            {
                await scene.Account.SetAside(scene.Caller, RepeatScene.Stake, new TokenAmount(7), RepeatScene.At);
                var settlement = new SharedSettlement(
                    RepeatScene.Stake,
                    RepeatScene.At,
                    new TokenAmount(5),
                    [new PayeeShare(RepeatScene.Payee, 1), new PayeeShare(null, 1)],
                    RepeatScene.Client
                );
                return Send(() => scene.Account.SettleShared(settlement, Authority.Treasury));
            },
            ["IAccountGrain.Hold"] = scene =>
                Call(
                    () => scene.Account.Hold(scene.Caller, [new HoldItem(default, new TokenAmount(5))]),
                    result =>
                        result.Outcomes[0] is HoldOutcome.Held or HoldOutcome.AlreadyHeld
                            ? $"held, {result.Available} left"
                            : $"{result.Outcomes[0]}"
                ),
            ["IAccountGrain.Settle"] = async scene =>
            {
                var (id, submission) = await scene.Hold("settled");
                await scene.Job(id).Submit(submission, Authority.Submission);
                var settlement = await scene.Job(id).Complete(RepeatScene.End(), Authority.Market);
                return Send(() => scene.Account.Settle([settlement!], Authority.Market));
            },
            ["IAccountGrain.Receive"] = scene =>
                Call(() =>
                    scene
                        .Grains.GetGrain<IAccountGrain>(RepeatScene.Payee.ToString())
                        .Receive(RepeatScene.Client, 1, new TokenAmount(9), Authority.Account)
                ),
            ["IAccountGrain.RequireOperator"] = scene =>
                Call(() => scene.Grains.GetGrain<IAccountGrain>($"{scene.Operator.Account}").RequireOperator(scene.Operator)),
            ["IAccountGrain.ListKeys"] = scene =>
                Call(() => scene.Account.ListKeys(), keys => string.Join(' ', keys.Select(key => $"{key.Id} {key.RevokedAt}"))),
            ["IAccountGrain.RevokeKey"] = scene => Call(() => scene.Account.RevokeKey(scene.Key.Id, null, Authority.Silo)),
            ["IKeyGrain.Register"] = scene =>
                Call(() =>
                    scene
                        .Grains.GetGrain<IKeyGrain>("mk0123456789abcdef")
                        .Register(RepeatScene.Client, Scopes.Read, scene.Key.SecretHash, Authority.Account)
                ),
            ["IKeyGrain.Revoke"] = scene => Call(() => scene.Grains.GetGrain<IKeyGrain>(scene.Key.Id).Revoke(Authority.Account)),
            ["IKeyGrain.Verify"] = scene =>
                Call(() => scene.Grains.GetGrain<IKeyGrain>(scene.Key.Id).Verify(scene.Key.SecretHash), caller => $"{caller}"),
        };

    private static Dictionary<string, Case> Jobs() =>
        new()
        {
            ["ISubmissionGrain.Submit"] = scene =>
                Call(
                    () =>
                        scene
                            .Grains.GetGrain<ISubmissionGrain>(0)
                            .Submit(scene.Caller, [TestMarket.Item("one", scene.Program), TestMarket.Item("two", scene.Program)]),
                    results => string.Join(' ', results.Select(result => $"{result.Job} {result.Code}"))
                ),
            ["IJobGrain.Submit"] = async scene =>
            {
                var (id, submission) = await scene.Hold("one");
                return Send(
                    () => scene.Job(id).Submit(submission, Authority.Submission),
                    admission =>
                        admission.Kind is JobAdmissionKind.Created or JobAdmissionKind.Existed
                            ? $"it exists since {admission.SubmittedAt:O} on the hold of {admission.HeldAt:O}"
                            : $"{admission.Kind}"
                );
            },
            ["IJobGrain.Complete"] = async scene =>
            {
                var job = await scene.Submit("one", scene.Program);
                return Send(() => scene.Job(job).Complete(RepeatScene.End(), Authority.Market), settlement => $"{settlement}");
            },
            ["IJobGrain.Cancel"] = OfOpenJob(
                (scene, job) => scene.Job(job).Cancel(scene.Caller),
                view => $"{view.Status} {view.EndedAt:O}"
            ),
            ["IJobGrain.Get"] = OfOpenJob((scene, job) => scene.Job(job).Get(scene.Caller), view => $"{view.Status} {view.SubmittedAt:O}"),
            ["IJobGrain.WaitEnded"] = OfOpenJob(
                (scene, job) => scene.Job(job).WaitEnded(scene.Caller, TimeSpan.FromMilliseconds(10), default),
                view => $"{view.Status} {view.SubmittedAt:O}"
            ),
            ["IJobGrain.GetReceipt"] = async scene =>
            {
                var job = await scene.Submit("one", scene.Program);
                await scene.Job(job).Cancel(scene.Caller);
                return Send(() => scene.Job(job).GetReceipt(scene.Caller), receipt => Encoding.UTF8.GetString(receipt.Span));
            },
            ["IJobGrain.GetReusable"] = OfOpenJob((scene, job) => scene.Job(job).GetReusable(Authority.Job), run => $"{run?.Job}"),
            ["IReuseGrain.Keep"] = scene =>
                Call(() => Reuse(scene).Keep(new ReusableJob(default, Assurance.None, 1, DateTimeOffset.UnixEpoch), Authority.Job)),
            ["IReuseGrain.Find"] = async scene =>
            {
                await Reuse(scene).Keep(new ReusableJob(default, Assurance.None, 1, DateTimeOffset.UnixEpoch), Authority.Job);
                return Send(() => Reuse(scene).Find(), known => $"{known}");
            },
            ["IJobGrain.GetLog"] = OfOpenJob((scene, job) => scene.Job(job).GetLog(scene.Caller), log => $"{log.Length}"),
            ["IJobGrain.Explain"] = OfOpenJob((scene, job) => scene.Job(job).Explain(scene.Caller), explanation => explanation.Summary),
            ["IJobGrain.GetPayment"] = OfOpenJob((scene, job) => scene.Job(job).GetPayment(Authority.Treasury), payment => $"{payment}"),
            ["IJobGrain.GetSettlement"] = OfOpenJob(
                (scene, job) => scene.Job(job).GetSettlement(Authority.Account),
                settlement => $"{settlement}"
            ),
        };

    private static Dictionary<string, Case> Offers() =>
        new()
        {
            ["IMarketGrain.ListOffers"] = async scene =>
            {
                await scene.Market.Offer(RepeatScene.Offer);
                return Send(() => scene.Market.ListOffers(null, 9), offers => string.Join(' ', offers));
            },
            ["IMarketGrain.FindOffer"] = async scene =>
            {
                await scene.Market.Offer(RepeatScene.Offer);
                return Send(() => scene.Market.FindOffer(RepeatScene.Offer.Worker), offer => $"{offer}");
            },
            ["IMarketGrain.ListLeases"] = async scene =>
            {
                await scene.Market.Offer(RepeatScene.Offer);
                return Send(() => scene.Market.ListLeases(RepeatScene.Offer.Worker), leases => string.Join(' ', leases));
            },
            ["IMarketGrain.ExplainWorker"] = async scene =>
            {
                await scene.Market.Offer(RepeatScene.Offer);
                var owner = scene.Caller with { Account = RepeatScene.Offer.PayTo };
                return Send(() => scene.Market.ExplainWorker(RepeatScene.Offer.Worker, owner), explanation => explanation.Summary);
            },
            ["IMarketGrain.SetStanding"] = scene =>
                Call(() => scene.Market.SetStanding(RepeatScene.Offer.Worker, default, Authority.Reputation)),
        };

    private static Dictionary<string, Case> Markets() =>
        new()
        {
            ["IMarketGrain.Enqueue"] = async scene =>
            {
                var (id, submission) = await scene.Hold("one");
                var admission = await scene.Job(id).Submit(submission, Authority.Submission);
                var ticket = new JobTicket(
                    Job: id,
                    Account: RepeatScene.Client,
                    Spec: submission.Spec,
                    Module: submission.Module,
                    UsesState: false,
                    SubmittedAt: admission.SubmittedAt,
                    RequestId: "one"
                );
                return Send(() => scene.Market.Enqueue([ticket], Authority.Submission));
            },
            ["IMarketGrain.Withdraw"] = OfOpenJob((scene, job) => scene.Market.Withdraw(job, Authority.Job)),
            ["IMarketGrain.FindJob"] = OfOpenJob((scene, job) => scene.Market.FindJob(job), open => $"{open?.Status}"),
            ["IMarketGrain.Explain"] = OfOpenJob(
                (scene, job) => scene.Market.Explain(job),
                open => $"{open?.Status} {open?.QueuePosition}"
            ),
            ["IMarketGrain.GetView"] = OfOpenJob((scene, _) => scene.Market.GetView(), view => $"{view}"),
            ["IMarketGrain.GetRoom"] = OfOpenJob((scene, _) => scene.Market.GetRoom(RepeatScene.Client), room => $"{room}"),
            ["IMarketGrain.FindClassRoom"] = OfOpenJob(
                (scene, _) => scene.Market.FindClassRoom(RepeatScene.Client, ["gpu"]),
                room => $"{string.Join(", ", room.Allowed)} {room.More}"
            ),
            ["IMarketGrain.Offer"] = scene => Call(() => scene.Market.Offer(RepeatScene.Offer), start => $"{start}"),
            ["IMarketGrain.Dismiss"] = async scene =>
            {
                await scene.Lease(scene.Program);
                return Send(() => scene.Market.Dismiss(RepeatScene.Offer.Worker, Authority.Silo));
            },
            ["IMarketGrain.Leave"] = async scene =>
            {
                await scene.Lease(scene.Program);
                return Send(() => scene.Market.Leave(RepeatScene.Offer.Worker));
            },
        };

    /// <summary>What workers call.</summary>
    private static Dictionary<string, Case> WorkersCalls() =>
        new()
        {
            ["IMarketGrain.Poll"] = async scene =>
            {
                await scene.Submit("one", scene.Program);
                var start = await scene.Market.Offer(RepeatScene.Offer);
                return Send(
                    () => scene.Market.Poll(new WorkerPoll(RepeatScene.Offer.Worker, start, 1, 1), default),
                    orders => $"{orders.Known} {string.Join(' ', orders.Leases.Select(lease => lease.Id))} {orders.Stops.Length}"
                );
            },
            ["IMarketGrain.FindLease"] = OfLease((scene, call) => scene.Market.FindLease(call), grant => $"{grant?.Account} {grant?.Root}"),
            ["IMarketGrain.FindRun"] = OfOpenJob((scene, job) => scene.Market.FindRun(job, Authority.Job), run => $"{run}"),
            ["IMarketGrain.Heartbeat"] = OfLease(
                (scene, call) => scene.Market.Heartbeat(call.Worker, [new LeaseProgress(call.Lease, 1)]),
                over => $"{over.Length}"
            ),
            ["IMarketGrain.Commit"] = OfLease(
                (scene, call) => scene.Market.Commit(call.Worker, [new SealedResult(call.Lease, default)]),
                refused => string.Join(' ', refused.Select(each => each.Reason))
            ),
            ["IMarketGrain.BeginOutput"] = OfLease(
                (scene, call) => scene.Market.BeginOutput(call, scene.LooseBlob, 1),
                isKnown => $"{isKnown}"
            ),
            ["IMarketGrain.AddOutput"] = OfLease((scene, call) => scene.Market.AddOutput(call, scene.LooseBlob), isKnown => $"{isKnown}"),
            ["IMarketGrain.Report"] = async scene =>
            {
                var report = scene.Report(await scene.Lease(scene.Writing));
                return Send(() => scene.Market.Report(RepeatScene.Offer.Worker, [report]));
            },
        };

    private static Dictionary<string, Case> Workers() =>
        new()
        {
            ["IWorkerGrain.Register"] = scene =>
                Call(
                    () => scene.Grains.GetGrain<IWorkerGrain>(RepeatScene.Offer.Worker.ToString()).Register(RepeatScene.Offer),
                    start => $"{start}"
                ),
            ["IWorkerGrain.Admit"] = async scene =>
            {
                await scene
                    .Grains.GetGrain<IAccountGrain>($"{RepeatScene.Offer.Worker}")
                    .Credit("opens it", new TokenAmount(1), null, Authority.Silo);
                await scene
                    .Grains.GetGrain<IAccountGrain>($"{RepeatScene.Offer.PayTo}")
                    .Credit("opens it", new TokenAmount(1), null, Authority.Silo);
                return Send(
                    () => scene.Grains.GetGrain<IWorkerGrain>(RepeatScene.Offer.Worker.ToString()).Admit(RepeatScene.Offer),
                    start => $"{start}"
                );
            },
            ["IWorkerGrain.FindBlob"] = OfLease((scene, call) => scene.Worker.FindBlob(call, scene.Blob), size => $"{size}"),
            ["IWorkerGrain.BeginOutput"] = OfLease(
                async (scene, call) =>
                {
                    await scene.Worker.BeginOutput(call, scene.LooseBlob, 1);
                    return true;
                },
                _ => "begun"
            ),
            ["IWorkerGrain.AddOutput"] = OfLease(
                async (scene, call) =>
                {
                    await scene.Worker.AddOutput(call, scene.LooseBlob);
                    return true;
                },
                _ => "added"
            ),
            ["IWorkerGrain.ReadState"] = OfLease(
                (scene, call) => scene.Worker.ReadState(call, "key"u8.ToArray()),
                value => $"{value?.Length}"
            ),
            ["IWorkerGrain.ListState"] = OfLease((scene, call) => scene.Worker.ListState(call, default), keys => $"{keys.Length}"),
            ["IWorkerGrain.StateRootWith"] = OfLease((scene, call) => scene.Worker.StateRootWith(call, []), root => $"{root}"),
            ["IWorkerGrain.Get"] = async scene =>
            {
                await scene.Grains.GetGrain<IWorkerGrain>(RepeatScene.Offer.Worker.ToString()).Register(RepeatScene.Offer);
                return Send(() => scene.Grains.GetGrain<IWorkerGrain>(RepeatScene.Offer.Worker.ToString()).Get(), offer => $"{offer}");
            },
        };

    private static Dictionary<string, Case> Others() =>
        new()
        {
            ["IBlobGrain.Pin"] = scene =>
                Call(
                    () => BlobOf(scene, scene.LooseBlob).Pin(RepeatScene.Client, 11, null, Authority.Market),
                    view => $"{view.Id} {view.Size}"
                ),
            ["IBlobGrain.Unpin"] = scene => Call(() => BlobOf(scene, scene.Blob).Unpin(RepeatScene.Client, null, Authority.Silo)),
            ["IBlobGrain.Find"] = scene => Call(() => BlobOf(scene, scene.Blob).Find(RepeatScene.Client), view => $"{view}"),
            ["IBlobGrain.KeepFor"] = scene =>
                Call(() => BlobOf(scene, scene.LooseBlob).KeepFor(scene.Program, RepeatScene.Client, Authority.Program)),
            ["IBlobGrain.ReleaseFor"] = async scene =>
            {
                var module = (await scene.Grains.GetGrain<IProgramGrain>(scene.Program.ToString()).Get()).Module;
                return Send(() => BlobOf(scene, module).ReleaseFor(scene.Program, RepeatScene.Client, Authority.Program));
            },
            ["IBlobGrain.IsPinned"] = scene =>
                Call(() => BlobOf(scene, scene.LooseBlob).IsPinned(Authority.Silo), isPinned => $"{isPinned}"),
            ["IProgramGrain.Deploy"] = scene =>
            {
                var deployment = new ProgramDeployment(scene.Blob, "salt"u8.ToArray(), "salted");
                var id = Crypto.IdDerivation.Program(deployment.Module, deployment.Salt.Span);
                return Call(
                    () => scene.Grains.GetGrain<IProgramGrain>(id.ToString()).Deploy(scene.Caller, deployment),
                    view => $"{view.Id} {view.Name}"
                );
            },
            ["IQuoteGrain.Get"] = scene =>
                Call(
                    () =>
                        scene
                            .Grains.GetGrain<IQuoteGrain>(0)
                            .Get(
                                scene.Caller,
                                new QuoteTerms(
                                    Program: scene.Program,
                                    FuelMax: 1,
                                    MemoryPagesMax: 1,
                                    Needs: null,
                                    Priority: 0,
                                    Assurances: [Assurance.None],
                                    LiarsPermille: 300
                                )
                            ),
                    sheet => sheet.Quotes[0].WrongAccepted
                ),
            ["IProgramGrain.Remove"] = scene =>
                Call(() => scene.Grains.GetGrain<IProgramGrain>(scene.Program.ToString()).Remove(scene.Caller)),
            ["IProgramGrain.Get"] = scene =>
                Call(() => scene.Grains.GetGrain<IProgramGrain>(scene.Program.ToString()).Get(), view => $"{view.Id} {view.DeployedAt:O}"),
        };

    private static IBlobGrain BlobOf(RepeatScene scene, BlobId blob) => scene.Grains.GetGrain<IBlobGrain>(blob.ToString());

    private static IReuseGrain Reuse(RepeatScene scene) => scene.Grains.GetGrain<IReuseGrain>(default(Bytes32).ToString());

    internal static Case OfOpenJob<TAnswer>(Func<RepeatScene, JobId, Task<TAnswer>> call, Func<TAnswer, string> learn) =>
        async scene =>
        {
            var job = await scene.Submit("one", scene.Program);
            return Send(() => call(scene, job), learn);
        };

    internal static Case OfOpenJob(Func<RepeatScene, JobId, Task> call) =>
        async scene =>
        {
            var job = await scene.Submit("one", scene.Program);
            return Send(() => call(scene, job));
        };

    /// <summary>The first call of a run that may read state.</summary>
    private static Case OfLease<TAnswer>(Func<RepeatScene, LeaseCall, Task<TAnswer>> call, Func<TAnswer, string> learn) =>
        async scene =>
        {
            var lease = await scene.Lease(scene.Writing);
            return Send(() => call(scene, new LeaseCall(RepeatScene.Offer.Worker, lease.Id, 1)), learn);
        };

    internal static Task<Func<Task<string>>> Call<TAnswer>(Func<Task<TAnswer>> call, Func<TAnswer, string> learn) =>
        Task.FromResult(Send(call, learn));

    internal static Task<Func<Task<string>>> Call(Func<Task> call) => Task.FromResult(Send(call));

    internal static Func<Task<string>> Send<TAnswer>(Func<Task<TAnswer>> call, Func<TAnswer, string> learn) =>
        async () => learn(await call());

    internal static Func<Task<string>> Send(Func<Task> call) =>
        async () =>
        {
            await call();
            return "done";
        };
}
