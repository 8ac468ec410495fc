namespace Marketplace.GrainInterfaces;

/// <summary>What an API key allows.</summary>
[Flags]
public enum Scopes
{
    None = 0,

    /// <summary>See the account, its jobs, blobs and programs.</summary>
    Read = 1,

    /// <summary>Submit and cancel jobs, upload and remove blobs.</summary>
    Submit = 2,

    /// <summary>Deploy programs.</summary>
    Deploy = 4,

    /// <summary>Create and revoke keys, see the operator's pages, bring money in. No key that a stranger gets has it.</summary>
    Admin = 8,

    /// <summary>Send money to other accounts.</summary>
    Transfer = 16,
}

/// <summary>
/// Who asks, as the gateway has verified. Every call that needs the identity has it as an argument: it never travels in a context.
/// </summary>
[GenerateSerializer, Immutable, Alias("Caller")]
public sealed record Caller([property: Id(0)] AccountId Account, [property: Id(1)] string KeyId, [property: Id(2)] Scopes Scopes);
