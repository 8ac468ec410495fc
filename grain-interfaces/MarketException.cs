namespace Marketplace.GrainInterfaces;

/// <summary>
/// The caller's request is refused. <see cref="Code"/> is from the closed list <see cref="ErrorCode"/>; nothing was changed.
/// </summary>
[GenerateSerializer, Alias("MarketException")]
public sealed class MarketException(ErrorCode code, string message) : Exception(message)
{
    [Id(0)]
    public ErrorCode Code { get; } = code;
}
