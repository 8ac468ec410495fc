namespace Marketplace.Chain;

/// <summary>
/// What a contract offers, read from the JSON that compilers write
/// (<see href="https://docs.soliditylang.org/en/latest/abi-spec.html#json">Solidity, contract ABI specification, JSON</see>). Things are
/// found by their name, or where several have it by their signature: <c>transfer</c>, <c>transfer(address,uint256)</c>.
/// </summary>
public sealed class ContractAbi
{
    internal ContractAbi(
        AbiTuple? constructor,
        IReadOnlyList<AbiFunction> functions,
        IReadOnlyList<AbiEvent> events,
        IReadOnlyList<AbiError> errors
    ) => (Constructor, Functions, Events, Errors) = (constructor ?? new AbiTuple([]), functions, events, errors);

    /// <summary>The arguments of the constructor, whose encoding follows the code that makes the contract.</summary>
    public AbiTuple Constructor { get; }

    public IReadOnlyList<AbiFunction> Functions { get; }

    public IReadOnlyList<AbiEvent> Events { get; }

    public IReadOnlyList<AbiError> Errors { get; }

    /// <param name="json">UTF-8: the list that compilers call <c>abi</c>.</param>
    /// <exception cref="AbiException">It is no such list, or has a type that <see cref="AbiType"/> lacks.</exception>
    public static ContractAbi Parse(ReadOnlyMemory<byte> json) => ContractAbiJson.Read(json);

    /// <exception cref="AbiException">There is no such function, or there are several.</exception>
    public AbiFunction Function(string name) => Find(Functions, function => function.Signature, name, "function");

    /// <exception cref="AbiException">There is no such event, or there are several.</exception>
    public AbiEvent Event(string name) => Find(Events, item => item.Signature, name, "event");

    /// <exception cref="AbiException">There is no such error, or there are several.</exception>
    public AbiError Error(string name) => Find(Errors, error => error.Signature, name, "error");

    /// <summary>What a call that reverted returned: an error of this contract, <c>Error(string)</c>, <c>Panic(uint256)</c>, or unknown
    /// bytes. Any bytes give an answer, for contracts choose them freely.</summary>
    public AbiRevert DecodeRevert(ReadOnlySpan<byte> data) => AbiRevert.Decode(data, Errors);

    private static TItem Find<TItem>(IReadOnlyList<TItem> items, Func<TItem, AbiSignature> signature, string name, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        var isWhole = name.Contains('(', StringComparison.Ordinal);
        var found = items.Where(item => (isWhole ? signature(item).Text : signature(item).Name) == name).ToArray();
        return found switch
        {
            [var one] => one,
            [] => throw new AbiException($"The contract has no {what} '{AbiNames.Shown(name)}'."),
            _ => throw new AbiException(
                $"The contract has {found.Length} of the {what} '{AbiNames.Shown(name)}': name one of "
                    + $"{AbiNames.Shown(string.Join(", ", found.Select(item => signature(item).Text)))}."
            ),
        };
    }
}
