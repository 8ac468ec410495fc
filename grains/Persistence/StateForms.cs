using System.Collections.Frozen;

namespace Marketplace.Grains;

/// <summary>How a state becomes bytes and comes back.</summary>
internal sealed record StateForm<TState>(Func<TState, ReadOnlyMemory<byte>> Write, Func<ReadOnlyMemory<byte>, TState> Read)
{
    /// <summary>Writes the same bytes to a writer that is there already; null where so few are written that it does not matter.</summary>
    public Action<CompactWriter, TState>? WriteTo { get; init; }
}

/// <summary>
/// The stored forms of the states that hosts keep for grains: the same bytes in every storage, so that data moves between them.
/// </summary>
public static class StateForms
{
    private static readonly FrozenDictionary<Type, object> Forms = new Dictionary<Type, object>
    {
        [typeof(AdmissionDecisions)] = new StateForm<AdmissionDecisions>(
            AdmissionDecisions.Write,
            bytes => AdmissionDecisions.Read(bytes.Span)
        ),
        [typeof(AdmissionRequests)] = new StateForm<AdmissionRequests>(
            AdmissionRequests.Write,
            bytes => AdmissionRequests.Read(bytes.Span)
        ),
        [typeof(BatchesState)] = new StateForm<BatchesState>(BatchesState.Write, bytes => BatchesState.Read(bytes.Span)),
        [typeof(BlobState)] = new StateForm<BlobState>(BlobState.Write, bytes => BlobState.Read(bytes.Span)),
        [typeof(CertificateState)] = new StateForm<CertificateState>(CertificateState.Write, bytes => CertificateState.Read(bytes.Span)),
        [typeof(DisputeState)] = new StateForm<DisputeState>(DisputeCodec.Write, bytes => DisputeCodec.Read(bytes.Span)),
        [typeof(DeployedState)] = new StateForm<DeployedState>(ProgramCodec.Write, bytes => ProgramCodec.Read(bytes.Span)),
        [typeof(EpochsState)] = new StateForm<EpochsState>(EpochsState.Write, bytes => EpochsState.Read(bytes.Span)),
        [typeof(KeyState)] = new StateForm<KeyState>(KeyState.Write, bytes => KeyState.Read(bytes.Span)),
        [typeof(MarketStart)] = new StateForm<MarketStart>(MarketStart.Write, bytes => MarketStart.Read(bytes.Span)),
        [typeof(OfferState)] = new StateForm<OfferState>(OfferState.Write, bytes => OfferState.Read(bytes.Span)),
        [typeof(RegisteredKeys)] = new StateForm<RegisteredKeys>(RegisteredKeys.Write, bytes => RegisteredKeys.Read(bytes.Span)),
        [typeof(ReputationState)] = new StateForm<ReputationState>(ReputationState.Write, bytes => ReputationState.Read(bytes.Span)),
        [typeof(SettlementState)] = new StateForm<SettlementState>(SettlementState.Write, bytes => SettlementState.Read(bytes.Span)),
        [typeof(ReuseState)] = new StateForm<ReuseState>(ReuseState.Write, bytes => ReuseState.Read(bytes.Span)),
    }.ToFrozenDictionary();

    public static ReadOnlyMemory<byte> Write<TState>(TState state) => Of<TState>().Write(state);

    public static TState Read<TState>(ReadOnlyMemory<byte> bytes) => Of<TState>().Read(bytes);

    private static StateForm<TState> Of<TState>() =>
        Forms.TryGetValue(typeof(TState), out var form)
            ? (StateForm<TState>)form
            : throw new InvalidOperationException($"This is a bug in {nameof(StateForms)}: it has no stored form of {typeof(TState)}.");
}
