namespace Marketplace.GrainHost.Storage;

/// <summary>A state that the host reads before it activates the grain.</summary>
internal interface ILoadedState
{
    Task ReadStateAsync();
}
