using System.Collections.Immutable;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.Settlements;

/// <summary>What <c>verify settlements --without</c> takes out. A test compares the texts with the sources.</summary>
internal static class SettlementsControl
{
    public static ImmutableArray<Safeguard> All { get; } =
    [
        new(
            "operation-id",
            "grains/Settlements/ChainAccountState.cs",
            "$\"chain/{owner}/{Number}\";",
            "$\"chain/{owner}/{Number}/{Guid.NewGuid()}\";",
            "A credit that is repeated after a crash is another credit."
        ),
        new(
            "depth",
            "grains/Settlements/SettlementGrain.cs",
            "await RequireBlock(head.Number - (ulong)_terms.Confirmations, cancellation)",
            "await RequireBlock(head.Number, cancellation)",
            "A deposit is credited whose block is not deep enough."
        ),
        new(
            "attempt-first",
            "grains/Settlements/SettlementGrain.Settle.cs",
            "            await Write(State with { Open = open });\n            LogSending(",
            "            LogSending(",
            "A transaction is sent that nothing durable tells of."
        ),
        new(
            "sent-again",
            "grains/Settlements/SettlementGrain.Settle.cs",
            "        await TakeBack(books, counted);\n",
            "",
            "A settlement that the chain has lost is never there again, and no later one can be."
        ),
    ];
}
