using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>One certificate: written before any job ends by it. Only its batch is added, once.</summary>
internal sealed class CertificateGrain : Grain, ICertificateGrain
{
    private readonly StoredState<CertificateState> _state;
    private readonly IDocumentStore _documents;
    private readonly MarketDomain _domain;
    private readonly TimeProvider _clock;
    private readonly Bytes32 _root;

    public CertificateGrain(
        [PersistentState(CertificateState.Kind, StateStorage.Documents)] IPersistentState<CertificateState> state,
        IDocumentStore documents,
        MarketDomain domain,
        TimeProvider clock
    )
    {
        _state = new StoredState<CertificateState>(state);
        (_documents, _domain, _clock) = (documents, domain, clock);
        _root = Bytes32.Parse(this.GetPrimaryKeyString());
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _state.Load();

    public async Task Put(BatchCertificate certificate, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        await _state.Load();
        if (_state.Value is null)
        {
            await GrainFactory.GetGrain<IBatchesGrain>(MarketLimits.BatchesKey).Announce(by);
            await _state.Write(new CertificateState(certificate, _clock.GetUtcNow()));
        }
        DeactivateOnIdle();
    }

    public async Task<BatchCertificate?> Get()
    {
        await _state.Load();
        if (_state.Value is null)
        {
            await _state.Refresh();
        }
        DeactivateOnIdle();
        return _state.Value?.Certificate;
    }

    public async Task Join(ulong batch, Authority by)
    {
        Authorities.Require(by, Authority.Market);
        await _state.Load();
        if (_state.Value is not { Batch: > 0 })
        {
            await _state.Refresh();
        }
        if (_state.Value is not { } known || (known.Batch > 0 && known.Batch != batch))
        {
            throw new InvalidOperationException(
                $"This is a bug in {nameof(BatchesGrain)}: batch {batch} has the certificate {_root}, which is in batch "
                    + $"{_state.Value?.Batch} (none: there is no such certificate)."
            );
        }
        if (known.Batch == 0)
        {
            await _state.Write(known with { Batch = batch });
        }
        DeactivateOnIdle();
    }

    public async Task<ReadOnlyMemory<byte>> Prove(Caller caller)
    {
        LedgerTellers.RequireReader(LedgerName.Market, caller);
        await _state.Load();
        if (_state.Value is not { Batch: > 0 })
        {
            await _state.Refresh();
        }
        DeactivateOnIdle();
        var batch = _state.Value switch
        {
            null => throw NotFound("No committee of this market has signed receipts with this root."),
            { SignedAt: null } => throw NotFound("It was signed before the ledger named what committees sign."),
            { Batch: 0 } => throw NotFound(
                $"A committee has signed it, and the ledger names it some {BatchPolicy.TellAfter.TotalSeconds:0} seconds later; ask again."
            ),
            var state => await Find(state.Batch),
        };
        var ledger = GrainFactory.GetGrain<ILedgerGrain>(LedgerName.Market.ToString());
        var (head, index) = (LedgerLines.ParseHead((await ledger.GetHead(caller)).Span), batch.Place!.Value.Index);
        var record = (await ledger.List(caller, index, count: 1))[0];
        var proof = await ledger.Prove(caller, index, (long)head.Head.Size);
        var file = new BatchProof
        {
            Format = BatchProof.FormatName,
            Domain = head.Domain,
            Root = _root,
            Path = [.. batch.ToTree().PathOf(batch.Roots.IndexOf(_root)).Select(PathStep.Of)],
            Record = LedgerLines.ParseRecord(record.Span),
            Proof = LedgerLines.ParseProof(proof.Span),
            Head = head,
        };
        return LedgerLines.ToJson(file);
    }

    /// <summary>It was written before any certificate learned its number.</summary>
    private async Task<CertificateBatch> Find(ulong number)
    {
        var document = new StoredDocument<CertificateBatch>(_documents, CertificateBatch.KeyOf(number), CertificateBatch.Form);
        await document.Load();
        return document.Value is { Place: { } place } batch && place.Domain == _domain.Id
            ? batch
            : throw NotFound("It stands in the ledger of an earlier key, chain or contract of this market.");
    }

    private MarketException NotFound(string why) => new(ErrorCode.BatchNotFound, $"{why} The root is {_root}.");
}
