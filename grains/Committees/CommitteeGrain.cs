using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// The epochs of a market's committees. What decides is durable in one write each: who is registered; the list of an epoch, before any
/// worker hears of it; its shares with what they draw. Between the last two, shares are in memory only: a worker gives
/// the same one when it is asked again.
/// </summary>
internal sealed partial class CommitteeGrain : Grain, ICommitteeGrain
{
    private readonly StoredState<RegisteredKeys> _keys;
    private readonly StoredState<EpochsState> _epochs;
    private readonly IDocumentStore _documents;
    private readonly EpochRules _rules;
    private readonly EpochTerms _terms;
    private readonly TimeProvider _clock;
    private readonly ILogger<CommitteeGrain> _logger;
    private (ulong Epoch, EpochRoster Roster)? _roster;

    public CommitteeGrain(
        [PersistentState(RegisteredKeys.Kind, StateStorage.Documents)] IPersistentState<RegisteredKeys> keys,
        [PersistentState(EpochsState.Kind, StateStorage.Documents)] IPersistentState<EpochsState> epochs,
        IDocumentStore documents,
        MarketIdentity market,
        MarketDomain domain,
        EpochTerms terms,
        TimeProvider clock,
        ILogger<CommitteeGrain> logger
    )
    {
        (_documents, _terms, _clock, _logger) = (documents, terms, clock, logger);
        _keys = new StoredState<RegisteredKeys>(keys);
        _epochs = new StoredState<EpochsState>(epochs);
        _rules = new EpochRules(market, domain, terms);
    }

    private RegisteredKeys Keys => _keys.Value ?? RegisteredKeys.None;

    private EpochsState Epochs => _epochs.Value ?? EpochsState.None;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _keys.Load();
        await _epochs.Load();
        BeginTime();
    }

    public async Task Register(WorkerId worker, CommitteeKey key, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Worker);
        if (!CommitteeKeys.HasForm(key))
        {
            throw new MarketException(ErrorCode.MalformedRequest, CommitteeKeys.WrongForm(key));
        }
        await _keys.Load();
        if (CommitteeKeys.AreSame(Keys.Find(worker), key))
        {
            return;
        }
        await _keys.Refresh();
        if (Keys.OwnerOf(key) is { } owner && owner != worker)
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"The key for committees of worker {worker} is registered for worker {owner}: each worker has a key of its own."
            );
        }
        var kept =
            Keys.Keys.Length < EpochPolicy.RegisteredMax || Keys.Find(worker) is not null
                ? Keys
                : await WithRoomFor(new RegisteredKey(worker, key));
        await _keys.Write(kept.With(worker, key));
    }

    public async Task<EpochRoster?> GetCurrent()
    {
        await _epochs.Load();
        if (Epochs.Running is not { } running)
        {
            return null;
        }
        if (_roster is not { } known || known.Epoch != running.List.Epoch)
        {
            _roster = known = (running.List.Epoch, _rules.RosterOf(running));
        }
        return known.Roster;
    }

    public async Task<EpochRoster?> Get(ulong epoch)
    {
        if (await GetCurrent() is { } current && current.Epoch == epoch)
        {
            return current;
        }
        return await Find(epoch) is { IsDrawn: true } found ? _rules.RosterOf(found) : null;
    }

    public async Task<ImmutableArray<EpochSummary>> List()
    {
        await _epochs.Refresh();
        var (running, collected) = (Epochs.Running, Epochs.Collected);
        var past = Epochs.Past.Select(past => new EpochSummary(
            Epoch: past.Epoch,
            Phase: !past.IsDrawn ? EpochPhase.NotDrawn
                : past.Epoch == running!.List.Epoch ? EpochPhase.Running
                : EpochPhase.Over,
            Listed: past.Listed,
            Shares: past.Shares,
            At: past.At,
            Until: past.Epoch == running?.List.Epoch ? running.Until : null
        ));
        return
        [
            .. collected is null
                ? []
                : new[]
                {
                    new EpochSummary(collected.Epoch, EpochPhase.Collecting, collected.Members.Length, Shares: 0, At: null, Until: null),
                },
            .. past.Reverse(),
        ];
    }

    public async Task<ReadOnlyMemory<byte>> GetFile(ulong epoch)
    {
        await _epochs.Refresh();
        return await Find(epoch) is { } found
            ? _rules.FileOf(found).ToJson()
            : throw new MarketException(
                ErrorCode.EpochNotFound,
                $"There is no epoch {epoch} whose shares are closed and that is kept; the last one is {Epochs.Last?.List.Epoch ?? 0} (0: "
                    + $"none), and {EpochPolicy.KeptMax} are kept."
            );
    }

    /// <summary>One whose shares are closed and that is kept.</summary>
    private async ValueTask<DrawnEpoch?> Find(ulong epoch)
    {
        await _epochs.Load();
        if (Epochs.Running?.List.Epoch == epoch)
        {
            return Epochs.Running;
        }
        if (Epochs.Last?.List.Epoch == epoch)
        {
            return Epochs.Last;
        }
        if (!Epochs.Past.Any(past => past.Epoch == epoch))
        {
            return null;
        }
        var file = FileOf(epoch);
        await file.Load();
        return file.Value;
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    private async Task<RegisteredKeys> WithRoomFor(RegisteredKey newcomer)
    {
        // First its own: without a stake a stranger has nobody else's counted.
        var onChain = await FindChainStakes();
        if ((await FindStaked([newcomer], onChain)).Count > 0)
        {
            var staked = await FindStaked(Keys.Keys, onChain);
            if (staked.Count < EpochPolicy.RegisteredMax)
            {
                return new RegisteredKeys([.. staked.Select(known => new RegisteredKey(known.Worker, known.Key))]);
            }
        }
        throw new MarketException(
            ErrorCode.LimitExceeded,
            $"{Keys.Keys.Length} workers are registered for committees, which is the most. A worker with "
                + (_rules.Domain.Settles ? "a stake on the chain" : $"at least {_terms.StakeMin} base units at stake")
                + " takes the place of one that has less, if there is one."
        );
    }

    /// <returns>Null in a market that settles nowhere.</returns>
    private async Task<ChainStakes?> FindChainStakes() =>
        _rules.Domain.Settles
            ? ChainStakes.ByKey(
                await LostWrites.Resend(() => GrainFactory.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey).GetStakes())
            )
            : null;

    /// <summary>Those with enough at stake, in their order.</summary>
    private async Task<IReadOnlyList<StakedKey>> FindStaked(ImmutableArray<RegisteredKey> keys, ChainStakes? onChain)
    {
        var staked = new List<StakedKey>();
        foreach (var part in keys.Chunk(EpochPolicy.StakesAskedMax))
        {
            var stakes = await Task.WhenAll(part.Select(registered => StakeOf(registered, onChain)));
            staked.AddRange(
                part.Zip(stakes, (registered, stake) => new StakedKey(registered.Worker, registered.Key, stake))
                    .Where(registered => !registered.Stake.IsZero)
            );
        }
        return staked;
    }

    /// <summary>
    /// What is left at stake for a worker that lied stays so; but it gets no leases, and a committee needs members that run.
    /// </summary>
    /// <param name="registered">Who.</param>
    /// <param name="onChain">Null: what is at stake in the books counts, which is enough or not.</param>
    private async Task<TokenAmount> StakeOf(RegisteredKey registered, ChainStakes? onChain)
    {
        var stake = onChain?.Of(registered.Worker, registered.Key);
        if (stake is { IsZero: true })
        {
            return TokenAmount.Zero;
        }
        var standing = (await GrainFactory.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(registered.Worker)).Get(null)).Standing;
        return standing.Level == StandingLevel.Excluded ? TokenAmount.Zero
            : stake is { } counts ? counts
            : standing.Stake >= _terms.StakeMin ? _terms.StakeMin
            : TokenAmount.Zero;
    }

    private StoredDocument<DrawnEpoch> FileOf(ulong epoch) =>
        new(
            _documents,
            new DocumentKey(DrawnEpoch.Kind, epoch.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            DrawnEpoch.Form
        );
}
