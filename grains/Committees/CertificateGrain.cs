using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>One certificate: written before any job ends by it, and never changed.</summary>
internal sealed class CertificateGrain : Grain, ICertificateGrain
{
    private readonly StoredState<CertificateState> _state;

    public CertificateGrain([PersistentState(CertificateState.Kind, StateStorage.Documents)] IPersistentState<CertificateState> state) =>
        _state = new StoredState<CertificateState>(state);

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _state.Load();

    public async Task Put(BatchCertificate certificate, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        await _state.Load();
        if (_state.Value is null)
        {
            await _state.Write(new CertificateState(certificate));
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
}
