using System.Collections.Immutable;
using System.Diagnostics;
using Marketplace.Testing;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// A check that finds nothing says nothing until it finds something: each rule is taken out of a copy of the sources, and the cases that it
/// stands against are run with what is built from them.
/// </summary>
internal static class HostileWithoutCheck
{
    /// <param name="Safeguard">What is taken out.</param>
    /// <param name="Only">The cases, as <c>--only</c> takes them.</param>
    internal sealed record Rule(Safeguard Safeguard, string Only);

    public static ImmutableArray<Rule> All { get; } =
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
            "header with another time, alone"
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
                "if ((books.Last?.Number ?? 0) < State.Next - 1)",
                "if (State.Next == 0)",
                "A settlement that a deep reorganisation took away is never settled again."
            ),
            "reorganisation of 12, alone"
        ),
        new(
            new(
                "behind",
                "grains/Settlements/SettlementGrain.cs",
                "if (head.Number < State.Counted)",
                "if (head.Number < 1)",
                "A node that is behind is not told of."
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

    public static async Task<VerifyResult> Run(string name)
    {
        Rule[] wanted = [.. All.Where(rule => name == "all" || name.Split(',').Contains(rule.Safeguard.Name))];
        if (wanted.Length == 0)
        {
            throw new ArgumentException(
                $"--without is '{name}'; there are: all, {string.Join(", ", All.Select(rule => rule.Safeguard.Name))}."
            );
        }
        // The copy of the program stands elsewhere.
        Environment.SetEnvironmentVariable(AnvilNode.Variable, AnvilNode.Folder);
        var clock = Stopwatch.StartNew();
        using var copy = new SourceCopy(WithoutCheck.Root());
        var (rows, found) = (new List<object>(), new List<string>());
        foreach (var rule in wanted)
        {
            var violation = await copy.Without(rule.Safeguard, () => Search(copy, rule));
            Console.Error.WriteLine($"{rule.Safeguard.Name, -16} {violation ?? "NOT FOUND"}");
            rows.Add(new { rule.Safeguard.Name, Violation = violation });
            if (violation is null)
            {
                found.Add($"without {rule.Safeguard.Name}, '{rule.Only}' finds nothing: {rule.Safeguard.Guards}");
            }
        }
        var line = new
        {
            Verify = "hostilerpc",
            Without = name,
            Rules = rows,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    /// <returns>The first violation; null: there is none.</returns>
    private static async Task<string?> Search(SourceCopy copy, Rule rule)
    {
        var (_, errors) = await copy.RunVerify(["hostilerpc", "--only", rule.Only]);
        return errors
            .Split('\n')
            .FirstOrDefault(line =>
                line.StartsWith($"{rule.Only}: ", StringComparison.Ordinal) && !line.Contains(" lies, ", StringComparison.Ordinal)
            );
    }
}
