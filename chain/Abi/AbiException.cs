namespace Marketplace.Chain;

/// <summary>Bytes are not the encoding of a value, or a type, or a description of a contract, is none.</summary>
public sealed class AbiException(string message) : FormatException(message);
