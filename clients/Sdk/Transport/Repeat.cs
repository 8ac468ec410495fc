namespace Marketplace.Sdk.Transport;

/// <summary>Whether a request may be sent again when it is not known what became of it.</summary>
internal enum Repeat
{
    /// <summary>It only reads, names what it makes, or carries a request id.</summary>
    Safe = 0,

    /// <summary>A second one would do a second thing.</summary>
    Never = 1,
}
