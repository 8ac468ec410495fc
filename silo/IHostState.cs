namespace Marketplace.Silo;

/// <summary>How the silo hears from what it stands on: the grain host and its store.</summary>
internal interface IHostState
{
    /// <summary>Why it cannot go on, as the public may read it; null while it can.</summary>
    string? Failure { get; }

    /// <summary>What it waits for before it can go on, as the public may read it; null while it has all that it needs.</summary>
    string? Trouble { get; }
}
