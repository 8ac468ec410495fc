namespace Marketplace.Chain;

/// <summary>A parameter of a function, an event or an error.</summary>
/// <param name="Name">Empty where it has none.</param>
/// <param name="Type">Of its values. The names in a tuple are not kept.</param>
public sealed record AbiParameter(string Name, AbiType Type);

/// <summary>A function of a contract.</summary>
/// <param name="Signature">Its name, and the types of its parameters.</param>
/// <param name="Outputs">What it returns.</param>
public sealed record AbiFunction(AbiSignature Signature, AbiTuple Outputs)
{
    /// <summary>The values that a call returned.</summary>
    /// <exception cref="AbiException">The bytes are not the encoding of the outputs.</exception>
    public object[] DecodeOutputs(ReadOnlySpan<byte> bytes) => (object[])Outputs.Decode(bytes);
}

/// <summary>An error that a contract reverts with.</summary>
/// <param name="Signature">Its name, and the types of its parameters.</param>
/// <param name="Parameters">With their names.</param>
public sealed record AbiError(AbiSignature Signature, IReadOnlyList<AbiParameter> Parameters);
