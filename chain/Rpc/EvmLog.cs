namespace Marketplace.Chain;

/// <summary>What a contract wrote to the log of a transaction.</summary>
public sealed record EvmLog
{
    /// <summary>The contract.</summary>
    public required EvmAddress Address { get; init; }

    /// <summary>At most <see cref="RpcPolicy.TopicsMax"/>; the first is the event's (<see cref="AbiSignature.Topic"/>).</summary>
    public required IReadOnlyList<Bytes32> Topics { get; init; }

    public required byte[] Data { get; init; }

    public required ulong BlockNumber { get; init; }

    public required Bytes32 BlockHash { get; init; }

    public required Bytes32 TransactionHash { get; init; }

    /// <summary>The transaction's place in the block, from 0.</summary>
    public required ulong TransactionIndex { get; init; }

    /// <summary>The log's place among all logs of the block, from 0.</summary>
    public required ulong LogIndex { get; init; }
}

/// <summary>Which logs are asked for.</summary>
public sealed record LogFilter
{
    /// <summary>The first block; not read where <see cref="BlockHash"/> is set.</summary>
    public ulong FromBlock { get; init; }

    /// <summary>The last block, at most <see cref="RpcPolicy.LogBlocksMax"/> blocks with the first.</summary>
    public ulong ToBlock { get; init; }

    /// <summary>
    /// The only block (<see href="https://eips.ethereum.org/EIPS/eip-234">EIP-234</see>). A range may have other blocks after a
    /// reorganisation; a hash never has.
    /// </summary>
    public Bytes32? BlockHash { get; init; }

    /// <summary>Contracts of which one wrote the log: from 1 to <see cref="RpcPolicy.FilterChoicesMax"/>.</summary>
    public required IReadOnlyList<EvmAddress> Addresses { get; init; }

    /// <summary>For each topic from the first on the words of which it is one; any word where there are none.</summary>
    public IReadOnlyList<IReadOnlyList<Bytes32>> Topics { get; init; } = [];

    /// <summary>Whether a log is by one of the contracts and has the topics; not whether it is in the blocks.</summary>
    internal bool Matches(EvmLog log) =>
        Addresses.Contains(log.Address)
        && log.Topics.Count >= Topics.Count
        && Topics.Zip(log.Topics, (allowed, topic) => allowed.Count == 0 || allowed.Contains(topic)).All(matches => matches);

    /// <exception cref="ArgumentException">The filter is beyond a limit.</exception>
    internal void RequireSound()
    {
        if (Addresses.Count is 0 or > RpcPolicy.FilterChoicesMax)
        {
            throw new ArgumentException($"The filter has {Addresses.Count} addresses; allowed are 1 to {RpcPolicy.FilterChoicesMax}.");
        }
        if (Topics.Count > RpcPolicy.TopicsMax || Topics.Any(allowed => allowed.Count > RpcPolicy.FilterChoicesMax))
        {
            throw new ArgumentException(
                $"The filter has {Topics.Count} topics; allowed are {RpcPolicy.TopicsMax} of at most {RpcPolicy.FilterChoicesMax} words."
            );
        }
        if (BlockHash is null && (ToBlock < FromBlock || ToBlock - FromBlock >= RpcPolicy.LogBlocksMax))
        {
            throw new ArgumentException(
                $"The filter is of the blocks {FromBlock} to {ToBlock}; allowed are 1 to {RpcPolicy.LogBlocksMax} blocks at a time."
            );
        }
    }
}
