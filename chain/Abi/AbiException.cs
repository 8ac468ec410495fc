namespace Marketplace.Chain;

/// <summary>Bytes are not the encoding of a value, or a value, a type, a description of a contract or typed data is none.</summary>
public sealed class AbiException(string message) : FormatException(message);
