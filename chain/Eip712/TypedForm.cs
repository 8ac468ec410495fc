using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>How the values of a member's type become a word (EIP-712, "Definition of encodeData").</summary>
internal abstract class TypedForm
{
    /// <param name="value">Of the type.</param>
    /// <param name="word">Where it goes.</param>
    /// <param name="walk">Says how deep it stands.</param>
    /// <exception cref="AbiException">The value is none of the type.</exception>
    public abstract void WriteWord(object value, Span<byte> word, TypedWalk walk);

    /// <summary>Whether a text names a type that is no struct and no array.</summary>
    public static bool IsPlain(string text)
    {
        try
        {
            // uint, which is uint256 to the contract ABI, is no type here, nor are tuples.
            return AbiType.Parse(text) is var type and not AbiTuple && type.Name == text;
        }
        catch (AbiException)
        {
            return false;
        }
    }

    /// <summary>Without the brackets.</summary>
    public static string InnerName(string text) => text.IndexOf('[', StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;

    /// <exception cref="AbiException">There is no such type.</exception>
    public static TypedForm Parse(string text, IReadOnlyDictionary<string, TypedStruct> structs)
    {
        var name = InnerName(text);
        TypedForm form =
            structs.TryGetValue(name, out var found) ? new TypedStructForm(found)
            : IsPlain(name) ? new TypedPlainForm(AbiType.Parse(name))
            : throw new AbiException($"'{AbiNames.Shown(text)}' is no type of typed data, and no struct of these.");
        var lengths = AbiTypeText.ParseDimensions(text.AsSpan(name.Length), text);
        return lengths.Aggregate(form, (element, length) => new TypedArrayForm(element, length, text));
    }
}

/// <summary>Values of the contract ABI: a word of it, or of <c>bytes</c> and <c>string</c> the hash of what they hold.</summary>
internal sealed class TypedPlainForm(AbiType type) : TypedForm
{
    public override void WriteWord(object value, Span<byte> word, TypedWalk walk)
    {
        walk.Count();
        if (type.IsValueType)
        {
            type.Encode(value).CopyTo(word);
        }
        else
        {
            Keccak256.Hash(type.EncodePacked(value), word);
        }
    }
}

/// <summary>Structs: their hash.</summary>
internal sealed class TypedStructForm(TypedStruct type) : TypedForm
{
    public override void WriteWord(object value, Span<byte> word, TypedWalk walk)
    {
        walk.Enter();
        Keccak256.Hash(type.Encode(value, walk), word);
        walk.Leave();
    }
}

/// <summary>Arrays: the hash of their elements' words.</summary>
/// <param name="element">Of the elements.</param>
/// <param name="length">Null: each value has its own.</param>
/// <param name="text">For messages.</param>
internal sealed class TypedArrayForm(TypedForm element, int? length, string text) : TypedForm
{
    public override void WriteWord(object value, Span<byte> word, TypedWalk walk)
    {
        if (value is not object[] values || values.Length != (length ?? values.Length))
        {
            throw new AbiException(
                $"A value for an array in {AbiNames.Shown(text)} is no array of {(length is null ? "" : $"{length} ")}objects."
            );
        }
        walk.Enter();
        var hasher = new Keccak256();
        foreach (var item in values)
        {
            element.WriteWord(item, word, walk);
            hasher.Append(word);
        }
        hasher.Finish(word);
        walk.Leave();
    }
}

/// <summary>How deep a walk through a value is, and how much of it was seen.</summary>
internal sealed class TypedWalk
{
    private int _depth;
    private int _count;

    public void Enter()
    {
        Count();
        if (++_depth > AbiPolicy.ValueDepthMax)
        {
            throw new AbiException($"A value has more than {AbiPolicy.ValueDepthMax} structs and arrays in each other.");
        }
    }

    public void Leave() => _depth--;

    public void Count()
    {
        if (++_count > AbiPolicy.ValuesMax)
        {
            throw new AbiException($"A value has more than {AbiPolicy.ValuesMax} values in it.");
        }
    }
}
