using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>
/// A struct of typed data. Its values are arrays of objects, one for each member: numbers and the like as <see cref="AbiType"/> has them,
/// structs and arrays as arrays of objects again.
/// </summary>
public sealed class TypedStruct
{
    private readonly TypedForm[] _forms;

    internal TypedStruct(string name, IReadOnlyList<TypedMember> members)
    {
        (Name, Members) = (name, [.. members]);
        if (Members.Count > AbiPolicy.MembersMax)
        {
            throw new AbiException($"The struct {AbiNames.Shown(name)} has {Members.Count} members; allowed are {AbiPolicy.MembersMax}.");
        }
        foreach (var twice in Members.GroupBy(member => AbiNames.Require(member.Name)).Where(group => group.Count() > 1))
        {
            throw new AbiException($"The struct {AbiNames.Shown(name)} has the member '{AbiNames.Shown(twice.Key)}' twice.");
        }
        _forms = new TypedForm[Members.Count];
        TypeText = "";
    }

    public string Name { get; }

    public IReadOnlyList<TypedMember> Members { get; }

    /// <summary>The EIP's <c>encodeType</c>: the struct, then all structs in it and in these, in the order of their names.</summary>
    public string TypeText { get; private set; }

    /// <summary>The EIP's <c>typeHash</c>.</summary>
    public Bytes32 TypeHash { get; private set; }

    /// <summary>The EIP's <c>hashStruct</c>.</summary>
    /// <param name="values">One for each member.</param>
    /// <exception cref="AbiException">A value is not of its type, or there are too many, or too deep.</exception>
    public Bytes32 Hash(params object[] values) => new(Keccak256.Hash(Encode(values)));

    /// <summary>What is hashed: the hash of the type, and a word for each member (the EIP's <c>encodeData</c>).</summary>
    /// <inheritdoc cref="Hash"/>
    public byte[] Encode(params object[] values) => Encode(values, new TypedWalk());

    internal byte[] Encode(object value, TypedWalk walk)
    {
        if (value is not object[] values || values.Length != _forms.Length)
        {
            throw new AbiException($"A value of {Name} is an array of {_forms.Length} objects, one for each member.");
        }
        var words = new byte[(1 + _forms.Length) * Bytes32.Size];
        TypeHash.CopyTo(words);
        for (var index = 0; index < _forms.Length; index++)
        {
            _forms[index].WriteWord(values[index], words.AsSpan((1 + index) * Bytes32.Size, Bytes32.Size), walk);
        }
        return words;
    }

    /// <summary>Finds the structs that the members name. Called once, when all are there.</summary>
    internal void Resolve(IReadOnlyDictionary<string, TypedStruct> structs)
    {
        for (var index = 0; index < _forms.Length; index++)
        {
            _forms[index] = TypedForm.Parse(Members[index].Type, structs);
        }
        // The order is that of the characters' numbers, as in the EIP's own code.
        var others = Others(structs).OrderBy(item => item.Name, StringComparer.Ordinal);
        TypeText = string.Concat(others.Prepend(this).Select(item => item.OwnText()));
        TypeHash = new Bytes32(Keccak256.Hash(Encoding.ASCII.GetBytes(TypeText)));
    }

    private HashSet<TypedStruct> Others(IReadOnlyDictionary<string, TypedStruct> structs)
    {
        var found = new HashSet<TypedStruct>();
        var waiting = new Stack<TypedStruct>([this]);
        while (waiting.TryPop(out var next))
        {
            foreach (var name in next.Members.Select(member => TypedForm.InnerName(member.Type)))
            {
                if (structs.TryGetValue(name, out var inner) && found.Add(inner))
                {
                    waiting.Push(inner);
                }
            }
        }
        found.Remove(this);
        return found;
    }

    private string OwnText() => $"{Name}({string.Join(',', Members.Select(member => $"{member.Type} {member.Name}"))})";
}
