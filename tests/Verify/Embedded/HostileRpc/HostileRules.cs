using System.Collections.Immutable;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.HostileRpc;

/// <summary>A rule of the product that stands against a lie or a reorganisation.</summary>
/// <param name="Safeguard">What <c>verify hostilerpc --without</c> takes out.</param>
/// <param name="Only">The case that misses it.</param>
internal sealed record HostileRule(Safeguard Safeguard, string Only);

/// <summary>What <c>verify hostilerpc --without</c> takes out. A test compares the texts with the sources.</summary>
internal static class HostileRules
{
    public static ImmutableArray<HostileRule> All { get; } =
    [
        new(
            new(
                "chain",
                "chain/Rpc/EvmNode.cs",
                "if (chain != options.ChainId)",
                "if (chain == 0)",
                "A node of another chain is believed."
            ),
            "wrong chain, alone"
        ),
        new(
            new(
                "header-hash",
                "chain/Rpc/HeaderReader.cs",
                "var isProven = HashOf(block) == hash;",
                "var isProven = true;",
                "A header says what its hash does not."
            ),
            "header with another parent, alone"
        ),
        new(
            new(
                "asked-block",
                "chain/Rpc/RpcQuestions.cs",
                "return (block.Hash is { } hash ? header.Hash == hash : header.Number == block.Number)",
                "return header.Number != ulong.MaxValue",
                "A node answers with another block than it was asked for."
            ),
            "header of another block, alone"
        ),
        new(
            new(
                "log-filter",
                "chain/Rpc/LogReader.cs",
                "Require(filter.Matches(log), log, \"does not match the filter\");",
                "",
                "A contract of a stranger says what the escrow has."
            ),
            "log of a contract of its own, alone"
        ),
        new(
            new(
                "own-receipt",
                "chain/Rpc/LogReader.cs",
                "if (receipt.TransactionHash != transactionHash)",
                "if (receipt.TransactionHash == default)",
                "Another transaction's receipt is taken for the settlement's."
            ),
            "receipt of another transaction, alone"
        ),
        new(
            new(
                "majority",
                "chain/Rpc/QuorumRpc.cs",
                "_quorum = quorum ?? ((Nodes.Count / 2) + 1);",
                "_quorum = quorum ?? 1;",
                "One node of three is believed, or holds the market up."
            ),
            "deposit that is not there, one of three"
        ),
        new(
            new(
                "confirmations",
                "grains/Settlements/SettlementGrain.cs",
                "await RequireBlock(head.Number - (ulong)_terms.Confirmations, cancellation)",
                "await RequireBlock(head.Number, cancellation)",
                "A deposit is credited that a shallow reorganisation takes away."
            ),
            "reorganisation of 2, alone"
        ),
        new(
            new(
                "lost-blocks",
                "grains/Settlements/SettlementGrain.Count.cs",
                "(await RequireBlock(trail[^1].Number, cancellation)).Hash != trail[^1].Hash)",
                "(await RequireBlock(trail[^1].Number, cancellation)).Hash == default)",
                "What a deep reorganisation took away stays in the books."
            ),
            "reorganisation of 8, alone"
        ),
        new(
            new(
                "lost-settlement",
                "grains/Settlements/SettlementGrain.Settle.cs",
                "        await TakeBack(books, counted);\n",
                "",
                "A settlement that a deep reorganisation took away is never settled again."
            ),
            "reorganisation of 12, alone"
        ),
        new(
            new(
                "behind",
                "grains/Settlements/SettlementGrain.Count.cs",
                "(await RequireBlock(trail[^1].Number, cancellation)).Hash",
                "(await _chain!.FindBlock(trail[^1].Number, cancellation))?.Hash",
                "A node that is behind has deposits taken back."
            ),
            "head of twenty blocks ago, alone"
        ),
        new(
            new(
                "fee",
                "grains/Settlements/SettlementGrain.Settle.cs",
                "return fee.Most <= _terms.FeeMax ?",
                "return fee.Most > 0 ?",
                "A node makes the operator offer more than it allows."
            ),
            "fee beyond what may be offered, alone"
        ),
        new(
            new(
                "secrets",
                "chain/Rpc/RpcEndpoint.cs",
                "said = said.Replace(secret, \"***\", StringComparison.OrdinalIgnoreCase);",
                "said = said.Trim();",
                "A provider's key stands in the log."
            ),
            "error with a secret, alone"
        ),
    ];
}
