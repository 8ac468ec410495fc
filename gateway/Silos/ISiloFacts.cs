namespace Marketplace.Gateway;

/// <summary>What a silo tells its operator about itself.</summary>
public interface ISiloFacts
{
    /// <summary>What its grains do.</summary>
    Task<SiloGrains> Grains(CancellationToken cancellation);

    /// <summary>Its options as they count, without secrets.</summary>
    SiloSettings Settings { get; }

    /// <summary>How full its disk is.</summary>
    SiloStorage Storage();
}
