namespace Marketplace.Sdk.Grains;

/// <summary>The limits of a client over grains. All others are the gateway's and the client's own.</summary>
internal static class GrainClientPolicy
{
    /// <summary>
    /// Bytes of a body that its writer may be ahead of its reader, each way: what a connection's buffers hold. Beyond them the writer
    /// waits, so a reader that stops costs no more.
    /// </summary>
    public const int AheadBytesMax = 128 * 1024;
}
