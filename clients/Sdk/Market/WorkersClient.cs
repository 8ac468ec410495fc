using System.Text.Json;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>Workers: their offers and their reputation.</summary>
public class WorkersClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected WorkersClient() => _transport = null!;

    internal WorkersClient(HttpTransport transport) => _transport = transport;

    /// <summary>The market's offers, the cheapest first, fetched page by page as they are read.</summary>
    public virtual IAsyncEnumerable<MarketWorker> List(int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Items<MarketWorker>(_transport, Routes.Workers, pageSize, cancellation);

    /// <inheritdoc cref="JobsClient.ListPage"/>
    public virtual Task<Page<MarketWorker>> ListPage(string? cursor = null, int pageSize = 100, CancellationToken cancellation = default) =>
        Paging.Page<MarketWorker>(_transport, Routes.Workers, pageSize, cursor, cancellation);

    /// <summary>One worker's offer, while the market has it.</summary>
    public virtual Task<MarketWorker> Get(WorkerId id, CancellationToken cancellation = default) =>
        _transport.Ask<MarketWorker>(HttpMethod.Get, Routes.Worker(id), cancellation);

    /// <summary>How the worker's jobs ended, and how far the next worse level is.</summary>
    public virtual Task<Reputation> Reputation(WorkerId id, CancellationToken cancellation = default) =>
        _transport.Ask<Reputation>(HttpMethod.Get, Routes.WorkerReputation(id), cancellation);

    /// <summary>The jobs that the worker has now, those that it has longest first.</summary>
    public virtual async Task<IReadOnlyList<LeasedJob>> Leases(WorkerId id, CancellationToken cancellation = default) =>
        (await _transport.Ask<Page<LeasedJob>>(HttpMethod.Get, Routes.WorkerLeases(id), cancellation).ConfigureAwait(false)).Items;

    /// <summary>Why the worker gets no work. For its own account, the one that it earns for, and the operator.</summary>
    public virtual Task<WorkerExplanation> Explain(WorkerId id, CancellationToken cancellation = default) =>
        _transport.Ask<WorkerExplanation>(HttpMethod.Get, Routes.WorkerExplanation(id), cancellation);

    /// <summary>Begins or ends maintenance: no leases meanwhile. For the worker's own account and the operator.</summary>
    public virtual Task<Reputation> SetMaintenance(WorkerId id, bool on, CancellationToken cancellation = default) =>
        _transport.Ask<MaintenanceRequest, Reputation>(
            Routes.WorkerMaintenance(id),
            new MaintenanceRequest(on),
            ApiJson.Default.MaintenanceRequest,
            cancellation
        );

    /// <summary>Says that faults were counted wrongly, once per request id. For the worker's own account and the operator.</summary>
    public virtual Task<Reputation> Appeal(WorkerId id, AppealRequest request, CancellationToken cancellation = default) =>
        _transport.Ask<AppealRequest, Reputation>(Routes.WorkerAppeals(id), request, ApiJson.Default.AppealRequest, cancellation);

    /// <summary>Grants or refuses an appeal, once. For the operator.</summary>
    public virtual Task<Reputation> Decide(WorkerId id, DecisionRequest request, CancellationToken cancellation = default) =>
        _transport.Ask<DecisionRequest, Reputation>(Routes.WorkerDecisions(id), request, ApiJson.Default.DecisionRequest, cancellation);

    /// <summary>
    /// Puts money of the account at stake for a worker, once per request id. It stays the account's, on hold, until it is taken back.
    /// </summary>
    public virtual Task<Reputation> Stake(WorkerId id, StakeRequest request, CancellationToken cancellation = default) =>
        _transport.Ask<StakeRequest, Reputation>(Routes.WorkerStake(id), request, ApiJson.Default.StakeRequest, cancellation);

    /// <summary>
    /// Takes stakes of the account back, each whole, by their request ids. They count no more; their money is available again when the
    /// market's time of unbonding is over.
    /// </summary>
    public virtual Task<Reputation> Unstake(WorkerId id, IReadOnlyList<string> stakes, CancellationToken cancellation = default) =>
        _transport.Ask<UnstakeRequest, Reputation>(
            Routes.WorkerUnstake(id),
            new UnstakeRequest(stakes),
            ApiJson.Default.UnstakeRequest,
            cancellation
        );

    /// <summary>
    /// Workers of other machines that ask to be let in, the first ones first; or those that are decided, the newest first. For the
    /// operator.
    /// </summary>
    public virtual Task<Page<Admission>> ListAdmissions(
        AdmissionState state = AdmissionState.Waiting,
        string? cursor = null,
        int pageSize = 100,
        CancellationToken cancellation = default
    ) =>
        Paging.Page<Admission>(
            _transport,
            $"{Routes.Admissions}?{Routes.State}={JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString())}",
            pageSize,
            cursor,
            cancellation
        );

    /// <summary>
    /// Lets a worker in or refuses it, once per request id; a later decision takes the place of the one before. A worker that is refused
    /// is disconnected. For the operator.
    /// </summary>
    public virtual Task<Admission> DecideAdmission(WorkerId id, AdmissionRequest request, CancellationToken cancellation = default) =>
        _transport.Ask<AdmissionRequest, Admission>(Routes.AdmissionDecisions(id), request, ApiJson.Default.AdmissionRequest, cancellation);
}
