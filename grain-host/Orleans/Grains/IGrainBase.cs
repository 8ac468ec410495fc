using Orleans.Runtime;

namespace Orleans;

/// <summary>What every grain class is. <see cref="Grain"/> implements it; a class may also do so itself.</summary>
public interface IGrainBase
{
    IGrainContext GrainContext { get; }

    /// <summary>Runs before the first call. An exception refuses the calls that wait; the next call tries a new activation.</summary>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Runs after the last call. It is not promised to run: a process can end without it.</summary>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
