using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>The name of a function, an event or an error with the types of its parameters: <c>transfer(address,uint256)</c>.</summary>
/// <param name="Name">Of it.</param>
/// <param name="Inputs">Of its parameters.</param>
public sealed record AbiSignature(string Name, AbiTuple Inputs)
{
    public const int SelectorSize = 4;

    public string Text => Name + Inputs.Name;

    /// <summary>The first topic of an event's logs.</summary>
    public Bytes32 Topic => new(Keccak256.Hash(Encoding.UTF8.GetBytes(Text)));

    /// <summary>What calls of a function, and the data of an error, begin with.</summary>
    public byte[] Selector => Topic.ToArray()[..SelectorSize];

    /// <summary>The data of a call with these arguments.</summary>
    /// <exception cref="AbiException">They are not of its types.</exception>
    public byte[] EncodeCall(params object[] arguments) => [.. Selector, .. Inputs.Encode(arguments)];
}
