using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>What this build of the silo is: one process with the grains, the store and everything else.</summary>
internal static class HostKind
{
    /// <summary>Whether silos of this build join each other: the options of a cluster are refused where they do not.</summary>
    public static bool IsCluster => false;

    public const string Help =
        "This silo is of the kind 'embedded': one process, no other silos. For several silos over one PostgreSQL database build with "
        + "'dotnet build silo -p:GrainHost=orleans'.";

    /// <summary>Begins what needs no options, beside their reading: the proxies of the grains.</summary>
    public static void Begin() => EmbeddedHost.Begin();

    /// <inheritdoc cref="StartFailure.Explain"/>
    public static string? Explain(Exception failure) => failure is StoreLockedException or StoreDamagedException ? failure.Message : null;
}
