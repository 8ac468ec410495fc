namespace Marketplace.Receipts;

/// <summary>A file of a run.</summary>
/// <param name="Name">Its path under <c>/in</c> or <c>/out</c>.</param>
/// <param name="Content">BLAKE3 of its bytes.</param>
public sealed record NamedContent(string Name, BlobId Content)
{
    internal const string Type = "File(string name,bytes32 content)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    internal static Bytes32 Hash(NamedContent file)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], TypeHash);
        words.Add(file.Name);
        words.Add(file.Content.Value);
        return words.Hash();
    }
}

/// <summary>A variable of a run's environment.</summary>
public sealed record NamedValue(string Name, string Value)
{
    internal const string Type = "Variable(string name,string value)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    internal static Bytes32 Hash(NamedValue variable)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], TypeHash);
        words.Add(variable.Name);
        words.Add(variable.Value);
        return words.Hash();
    }
}
