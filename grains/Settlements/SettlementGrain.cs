using Marketplace.Chain;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Follows the chain and settles there. Each step begins from what is durable, and writes what it is about to do before the chain or an
/// account hears of it, so a step that is repeated by this activation or another does the same once more, which changes nothing.
/// A chain that does not answer delays settlements and stops nothing else.
/// </summary>
internal sealed partial class SettlementGrain : Grain, ISettlementGrain, IRemindable
{
    private readonly StoredState<SettlementState> _state;
    private readonly ChainAccounts _accounts;
    private readonly JobLosses _losses;
    private readonly SettlementFiles _files;
    private readonly IDocumentStore _documents;
    private readonly IMarketChain? _chain;
    private readonly MarketDomain _domain;
    private readonly SettlementTerms _terms;
    private readonly TimeProvider _clock;
    private readonly ILogger<SettlementGrain> _logger;
    private readonly SettlementTroubles _troubles;
    private IGrainTimer _timer = null!;
    private ChainTerms? _chainTerms;
    private SettlementVotes? _votes;
    private Task? _reminding;
    private ulong _head;
    private bool _isClosed;
    private bool _isLoaded;

    public SettlementGrain(
        [PersistentState(SettlementState.Kind, StateStorage.Documents)] IPersistentState<SettlementState> state,
        IDocumentStore documents,
        MarketDomain domain,
        SettlementTerms terms,
        TimeProvider clock,
        ILogger<SettlementGrain> logger,
        IMarketChain? chain = null
    )
    {
        if (this.GetPrimaryKeyString() is var key && key != MarketLimits.SettlementKey)
        {
            throw new ArgumentException($"This is a bug: settlements have one grain, '{MarketLimits.SettlementKey}', not '{key}'.");
        }
        _state = new StoredState<SettlementState>(state);
        (_documents, _domain, _terms, _clock, _logger, _chain) = (documents, domain, terms, clock, logger, chain);
        _accounts = new ChainAccounts(GrainFactory, documents, clock);
        _losses = new JobLosses(GrainFactory, documents, clock, logger);
        _files = new SettlementFiles(documents);
        _troubles = new SettlementTroubles(logger);
    }

    /// <summary>The contracts that the market settles in are those of its domain, for ever.</summary>
    private SettlementState State => _state.Value ?? new SettlementState { ChainId = _domain.ChainId, Escrow = _domain.Contract };

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _state.Load();
        _timer = this.RegisterGrainTimer(
            OnTimer,
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = false, KeepAlive = true }
        );
    }

    public Task Follow(Authority by)
    {
        Authorities.Require(by, Authority.Silo);
        if (_chain is null)
        {
            return Task.CompletedTask;
        }
        Arm(TimeSpan.Zero);
        if (_reminding is null || _reminding.IsFaulted || _reminding.IsCanceled)
        {
            _reminding = this.RegisterOrUpdateReminder("settle", SettlementPolicy.ReminderPeriod, SettlementPolicy.ReminderPeriod);
        }
        return _reminding;
    }

    /// <summary>Wakes the activation on another silo; its timer does the rest.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_chain is not null)
        {
            Arm(TimeSpan.Zero);
        }
        return Task.CompletedTask;
    }

    public async Task<SettlementStatus> GetStatus()
    {
        await _state.Load();
        var (state, open) = (State, State.Open);
        return new SettlementStatus
        {
            ChainId = state.ChainId,
            Escrow = state.Escrow,
            Head = _head,
            Counted = state.Counted,
            Phase =
                _isClosed ? SettlementPhase.Closed
                : open is null ? SettlementPhase.Resting
                : open.Signature is null ? SettlementPhase.Signing
                : SettlementPhase.Sending,
            Settled = state.Next - 1,
            Open = open is null
                ? null
                : new OpenSettlement(
                    Number: open.Settlement.Number,
                    Epoch: open.Settlement.Epoch,
                    Signed: _votes?.Signed ?? 0,
                    Asked: _votes?.Asked ?? 0,
                    Transactions: [.. open.Attempts.Select(attempt => attempt.Transaction.Hash).Reverse()]
                ),
            Past = [.. state.Past.Reverse().Select(past => past.ToView())],
            Trouble = _troubles.Now,
            Accounts = _accounts.Count,
            Members = state.Members.Length,
            Token = _chainTerms is { } terms ? new SettlementToken(terms.Token, terms.Symbol, terms.Decimals) : null,
        };
    }

    public Task<SettlementCollection?> GetCollection() =>
        Task.FromResult(
            _votes is { } votes && State.Open is { Signature: null } ? new SettlementCollection(votes.Request, votes.Missing()) : null
        );

    public async Task<ChainStakeList> GetStakes()
    {
        await _state.Load();
        return new ChainStakeList(
            [
                .. State
                    .Members.Where(member => !member.Stake.IsZero)
                    .Select(member => new ChainStake(member.Worker, member.Key.Bytes.ToArray(), member.Stake)),
            ],
            State.CoveredUntil
        );
    }

    public Task Vote(WorkerId worker, SettlementVote vote, Authority by)
    {
        Authorities.Require(by, Authority.Market);
        _votes?.Take(worker, vote, _clock.GetTimestamp());
        if (_votes is { IsComplete: true })
        {
            Arm(TimeSpan.Zero);
        }
        return Task.CompletedTask;
    }

    public async Task<ReadOnlyMemory<byte>> GetFile(ulong number, int part)
    {
        await _state.Load();
        var known =
            State.Open?.Settlement.Number == number
                ? State.Open.Settlement
                : State.Past.TakeLast(SettlementPolicy.KeptMax).FirstOrDefault(past => past.Settlement.Number == number)?.Settlement;
        return known is not null
            ? await _files.Read(known, part)
            : throw new MarketException(
                ErrorCode.SettlementNotFound,
                $"There is no settlement {number} that is kept; the last one is {State.Next - 1} (0: none), and the files of "
                    + $"{SettlementPolicy.KeptMax} are kept."
            );
    }

    public async Task<ChainAccount> Bind(Caller caller, EvmAddress owner, ReadOnlyMemory<byte> byAccount, ReadOnlyMemory<byte> byOwner)
    {
        // The account's own key, which may give any scope, has signed.
        Authorities.Require(caller, Scopes.Read);
        RequireChain();
        if (!AccountOwner.IsSignedByAccount(_domain, caller.Account, owner, byAccount.Span))
        {
            throw new MarketException(
                ErrorCode.SignatureRefused,
                $"The key of account {caller.Account} has not signed that {owner} stands for it at this market: expected is its Ed25519 "
                    + "signature of the digest of AccountOwner (receipts/SETTLEMENT.md), 64 bytes."
            );
        }
        if (!AccountOwner.IsSigned(_domain, caller.Account, owner, byOwner.Span))
        {
            throw new MarketException(
                ErrorCode.SignatureRefused,
                $"Address {owner} has not signed that it stands for account {caller.Account} at this market: expected are r, s and v of "
                    + "the digest of AccountOwner (receipts/SETTLEMENT.md), 65 bytes."
            );
        }
        await LoadAccounts();
        var bound = await _accounts.Bind(caller.Account, owner);
        Arm(TimeSpan.Zero);
        return bound.ToView(caller.Account);
    }

    public async Task<ChainAccount?> FindAccount(AccountId account)
    {
        RequireChain();
        await LoadAccounts();
        return _accounts.Find(account)?.ToView(account);
    }

    private void RequireChain()
    {
        if (_chain is null)
        {
            throw new MarketException(ErrorCode.SettlementNotFound, "This market settles on no chain: no address stands for an account.");
        }
    }

    private async Task LoadAccounts()
    {
        if (!_isLoaded)
        {
            await _accounts.Load();
            await _losses.Load();
            _isLoaded = true;
        }
    }

    private void Arm(TimeSpan due) => _timer.Change(due, Timeout.InfiniteTimeSpan);

    private async Task OnTimer()
    {
        try
        {
            await Step();
            if (_accounts.Refusal is { } refusal)
            {
                _troubles.Meet(SettlementTrouble.Account, refusal);
            }
            else
            {
                _troubles.End();
            }
        }
        catch (MarketException waits) when (waits.Code == ErrorCode.Unavailable)
        {
            _troubles.Meet(SettlementTroubles.KindOf(waits), waits.Message);
        }
        catch (ChainException failure)
        {
            _troubles.Meet(SettlementTrouble.Chain, $"The chain cannot be asked: {failure.Message}");
        }
        catch (Exception failure)
        {
            _troubles.Meet(SettlementTrouble.Failure, $"A step failed and is tried again: {failure.Message}", failure);
            if (failure is Orleans.Storage.InconsistentStateException)
            {
                // Another activation is further; this one begins anew from what is stored.
                _isLoaded = false;
                _votes = null;
            }
        }
        Arm(SettlementPolicy.AskPeriod);
    }

    private async Task Step()
    {
        var cancellation = CancellationToken.None;
        await _state.Refresh();
        await LoadAccounts();
        _chainTerms ??= await RequireTerms(cancellation);
        var head = await _chain!.ReadHead(cancellation);
        _head = head.Number;
        if (head.Number < _chainTerms.CreatedIn + (ulong)_terms.Confirmations)
        {
            throw Waits(
                SettlementTrouble.NewContracts,
                $"The contracts' block {_chainTerms.CreatedIn} is not {_terms.Confirmations} blocks deep yet."
            );
        }
        var counted = await RequireBlock(head.Number - (ulong)_terms.Confirmations, cancellation);
        await Count(counted, cancellation);
        if (counted.Number >= State.Counted)
        {
            await Settle(counted, head, cancellation);
        }
    }

    /// <summary>The contracts must be those of the market's domain: what was signed is for them alone.</summary>
    private async Task<ChainTerms> RequireTerms(CancellationToken cancellation)
    {
        var terms = await _chain!.ReadTerms(cancellation);
        return
            terms.ChainId == State.ChainId
            && terms.Escrow == State.Escrow
            && terms.Market == _domain.Market
            && State.ChainId == _domain.ChainId
            && State.Escrow == _domain.Contract
            ? terms
            : throw Waits(
                SettlementTrouble.OtherContracts,
                $"The market settles on chain {State.ChainId} in {State.Escrow}; what answers is chain {terms.ChainId}, {terms.Escrow}, of "
                    + $"market {terms.Market}. Give the silo the contracts with which the market began."
            );
    }

    private static MarketException Waits(SettlementTrouble kind, string why) => SettlementTroubles.Waits(kind, why);

    private Task Write(SettlementState state) => _state.Write(state).AsTask();
}
