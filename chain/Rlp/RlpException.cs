namespace Marketplace.Chain;

/// <summary>Bytes are not RLP, or not the one form that a value has in it.</summary>
public sealed class RlpException(string message) : FormatException(message);
