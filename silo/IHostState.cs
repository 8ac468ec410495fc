namespace Marketplace.Silo;

/// <summary>How the silo hears from what it stands on: the grain host and its store.</summary>
internal interface IHostState
{
    /// <summary>Why it cannot go on, for everybody to read; null while it can.</summary>
    string? Failure { get; }

    /// <summary>What it waits for before it can go on, for everybody to read; null while it has all that it needs.</summary>
    string? Trouble { get; }
}
