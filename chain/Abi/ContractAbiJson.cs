using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>
/// Reads the JSON of a contract. Members that it does not know are passed over, since compilers add some; what it does know must have the
/// form that compilers give it.
/// </summary>
internal static class ContractAbiJson
{
    private const string TupleWord = "tuple";

    /// <summary>Each tuple adds a list and an object; entry and document are around them.</summary>
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = (2 * AbiPolicy.TypeDepthMax) + 4,
    };

    public static ContractAbi Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > AbiPolicy.JsonBytesMax)
        {
            throw new AbiException($"The description of a contract has {json.Length} bytes; allowed are {AbiPolicy.JsonBytesMax}.");
        }
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return Read(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The second says that a text has half of a surrogate pair, or bytes that are no UTF-8.
            throw new AbiException($"The description of a contract is not JSON: {AbiNames.Shown(failure.Message)}");
        }
    }

    private static ContractAbi Read(JsonElement root)
    {
        var (functions, events, errors) = (new List<AbiFunction>(), new List<AbiEvent>(), new List<AbiError>());
        AbiTuple? constructor = null;
        foreach (var entry in Items(root, "The description of a contract"))
        {
            switch (Text(entry, "type"))
            {
                case "function":
                    functions.Add(Function(entry));
                    break;
                case "event":
                    events.Add(Event(entry));
                    break;
                case "error":
                    errors.Add(new AbiError(Signature(entry), Parameters(entry, "inputs")));
                    break;
                case "constructor":
                    constructor = constructor is null
                        ? TupleOf(Parameters(entry, "inputs"))
                        : throw new AbiException("The contract has two constructors.");
                    break;
                case "fallback" or "receive":
                    // They have neither names nor arguments.
                    break;
                case var other:
                    throw new AbiException(
                        $"An entry is '{AbiNames.Shown(other)}'; there are function, event, error, constructor, fallback and receive."
                    );
            }
        }
        if (functions.CountBy(function => function.Signature.Text).FirstOrDefault(count => count.Value > 1).Key is { } twice)
        {
            throw new AbiException($"The contract has the function {AbiNames.Shown(twice)} twice.");
        }
        // Compilers write an event or an error again for each interface or library that declares it.
        return new ContractAbi(
            constructor,
            functions,
            [.. events.DistinctBy(Describe)],
            [.. errors.DistinctBy(error => error.Signature.Text)]
        );
    }

    private static AbiFunction Function(JsonElement entry) => new(Signature(entry), TupleOf(Parameters(entry, "outputs")));

    private static AbiEvent Event(JsonElement entry)
    {
        var parameters = Items(Member(entry, "inputs"), "inputs")
            .Select(item => new AbiEventParameter(ParameterName(item), TypeOf(item), Flag(item, "indexed")));
        return new AbiEvent(Text(entry, "name"), [.. parameters], Flag(entry, "anonymous"));
    }

    /// <summary>Equal where the same logs are read alike.</summary>
    private static string Describe(AbiEvent item) =>
        $"{item.Signature.Text} {item.IsAnonymous} {string.Concat(item.Parameters.Select(parameter => parameter.IsIndexed ? 1 : 0))}";

    private static AbiSignature Signature(JsonElement entry) =>
        new(AbiNames.Require(Text(entry, "name")), TupleOf(Parameters(entry, "inputs")));

    private static AbiTuple TupleOf(IEnumerable<AbiParameter> parameters) => new(parameters.Select(parameter => parameter.Type));

    private static AbiParameter[] Parameters(JsonElement entry, string name) =>
        [.. Items(Member(entry, name), name).Select(item => new AbiParameter(ParameterName(item), TypeOf(item)))];

    private static string ParameterName(JsonElement parameter) =>
        Text(parameter, "name") is { Length: > 0 } name ? AbiNames.Require(name) : "";

    private static AbiType TypeOf(JsonElement parameter)
    {
        var text = Text(parameter, "type");
        if (!text.StartsWith(TupleWord, StringComparison.Ordinal))
        {
            return !text.Contains('(', StringComparison.Ordinal) ? AbiType.Parse(text) : throw Inline(text);
        }
        var dimensions = text.AsSpan(TupleWord.Length);
        return dimensions is [] or ['[', ..]
            ? AbiTypeText.ParseArrays(TupleOf(Parameters(parameter, "components")), dimensions, text)
            : throw Inline(text);
    }

    private static AbiException Inline(string text) =>
        new($"The type '{AbiNames.Shown(text)}' says what is in a tuple; its components do.");

    private static IEnumerable<JsonElement> Items(JsonElement list, string what) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new AbiException($"{what}: {list.ValueKind} is no list.");

    private static string Text(JsonElement entry, string name) =>
        Member(entry, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new AbiException($"{name} is no text.");

    private static bool Flag(JsonElement entry, string name) =>
        Member(entry, name).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            var other => throw new AbiException($"{name} is {other}; it is true or false."),
        };

    private static JsonElement Member(JsonElement entry, string name) =>
        entry.ValueKind != JsonValueKind.Object ? throw new AbiException($"{entry.ValueKind} stands where an object with '{name}' belongs.")
        : entry.TryGetProperty(name, out var member) ? member
        : throw new AbiException($"An entry or a parameter lacks '{name}'.");
}
