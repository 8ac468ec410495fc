namespace Marketplace.Chain;

/// <summary>A member of a struct of typed data.</summary>
/// <param name="Name">An identifier.</param>
/// <param name="Type">As EIP-712 writes types: <c>uint256</c>, <c>Person</c>, <c>Person[]</c>, <c>bytes32[2]</c>.</param>
public sealed record TypedMember(string Name, string Type);

/// <summary>
/// The structs that typed data are made of (<see href="https://eips.ethereum.org/EIPS/eip-712">EIP-712</see>). Structs may name each other
/// and themselves in any order.
/// </summary>
public sealed class TypedStructs
{
    private readonly Dictionary<string, TypedStruct> _structs = [];

    /// <param name="definitions">The members of each struct, by its name.</param>
    /// <exception cref="AbiException">A name is no identifier, or a type; a struct or a member has a name twice; a type is none; or there
    /// are more than the limits allow.</exception>
    public TypedStructs(IEnumerable<KeyValuePair<string, IReadOnlyList<TypedMember>>> definitions)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        foreach (var (name, members) in definitions)
        {
            if (_structs.Count == AbiPolicy.StructsMax)
            {
                throw new AbiException($"Typed data have more than {AbiPolicy.StructsMax} structs.");
            }
            if (TypedForm.IsPlain(AbiNames.Require(name)))
            {
                throw new AbiException($"A struct is named '{AbiNames.Shown(name)}', which is a type of its own.");
            }
            if (!_structs.TryAdd(name, new TypedStruct(name, members)))
            {
                throw new AbiException($"The struct '{AbiNames.Shown(name)}' is defined twice.");
            }
        }
        foreach (var item in _structs.Values)
        {
            item.Resolve(_structs);
        }
    }

    /// <exception cref="AbiException">There is no such struct.</exception>
    public TypedStruct this[string name] =>
        _structs.TryGetValue(name, out var found) ? found : throw new AbiException($"Typed data have no struct '{AbiNames.Shown(name)}'.");
}
