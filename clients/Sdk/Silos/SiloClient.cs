using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>For operators, with a key of the scope admin: what the asked silo does, and how it is set.</summary>
public class SiloClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected SiloClient() => _transport = null!;

    internal SiloClient(HttpTransport transport) => _transport = transport;

    /// <summary>What its grains do.</summary>
    public virtual Task<SiloGrains> Grains(CancellationToken cancellation = default) =>
        _transport.Ask<SiloGrains>(HttpMethod.Get, Routes.SiloGrains, cancellation);

    /// <summary>Its options as they count, without secrets.</summary>
    public virtual Task<SiloSettings> Settings(CancellationToken cancellation = default) =>
        _transport.Ask<SiloSettings>(HttpMethod.Get, Routes.SiloSettings, cancellation);

    /// <summary>How full its disk is.</summary>
    public virtual Task<SiloStorage> Storage(CancellationToken cancellation = default) =>
        _transport.Ask<SiloStorage>(HttpMethod.Get, Routes.SiloStorage, cancellation);

    /// <summary>The categories whose log level was changed since its start.</summary>
    public virtual Task<LogLevels> LogLevels(CancellationToken cancellation = default) =>
        _transport.Ask<LogLevels>(HttpMethod.Get, Routes.SiloLogLevels, cancellation);

    /// <summary>Changes from which level on it logs a category; null: as at its start.</summary>
    public virtual Task<LogLevels> SetLogLevel(string category, LogSeverity? level, CancellationToken cancellation = default) =>
        _transport.Ask<LogLevelRequest, LogLevels>(
            Routes.SiloLogLevels,
            new LogLevelRequest(category, level),
            ApiJson.Default.LogLevelRequest,
            cancellation,
            method: HttpMethod.Put
        );
}
