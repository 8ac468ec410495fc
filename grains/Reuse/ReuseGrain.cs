using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>One run's place in the index of reusable jobs.</summary>
internal sealed class ReuseGrain : Grain, IReuseGrain
{
    private readonly StoredState<ReuseState> _state;
    private readonly ReuseTerms _terms;

    public ReuseGrain([PersistentState(ReuseState.Kind, StateStorage.Plain)] IPersistentState<ReuseState> state, ReuseTerms terms) =>
        (_state, _terms) = (new StoredState<ReuseState>(state), terms);

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _state.Load();

    public async Task Keep(ReusableJob job, Authority by)
    {
        Authorities.Require(by, Authority.Job);
        await _state.Load();
        if (_state.Value?.Job is not { } known || ReuseRules.Replaces(job, known, _terms))
        {
            await _state.Write(new ReuseState(job));
        }
        DeactivateOnIdle();
    }

    public async Task<ReusableJob?> Find()
    {
        await _state.Load();
        if (_state.Value is null)
        {
            await _state.Refresh();
        }
        DeactivateOnIdle();
        return _state.Value?.Job;
    }
}
