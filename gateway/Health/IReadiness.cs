namespace Marketplace.Gateway;

/// <summary>Where the service is in its life.</summary>
public enum ServiceState
{
    /// <summary>Recovering; requests are refused with 503.</summary>
    Starting = 0,
    Ready = 1,

    /// <summary>Requests under way are finished, new ones are refused.</summary>
    Stopping = 2,

    /// <summary>It cannot go on; only a restart helps.</summary>
    Failed = 3,

    /// <summary>Something that it stands on is gone; requests are refused with 503 until that is back.</summary>
    Unavailable = 4,
}

/// <param name="State">Where the service is in its life.</param>
/// <param name="Version">The service's version.</param>
/// <param name="Reason">Why it is not ready. The answer needs no key, so it has no paths and no secrets.</param>
public sealed record ReadinessReport(ServiceState State, string Version, string? Reason = null)
{
    internal string Word =>
        State switch
        {
            ServiceState.Ready => "ready",
            ServiceState.Starting => "starting",
            ServiceState.Stopping => "stopping",
            ServiceState.Unavailable => "unavailable",
            _ => "failed",
        };
}

/// <summary>How the silo tells the gateway whether it may serve. Asked for each request: it must answer at once.</summary>
public interface IReadiness
{
    ReadinessReport Current { get; }
}
