namespace Marketplace.Receipts.Tests;

/// <summary>Settlements as the tests have them.</summary>
internal static class SettlementSamples
{
    public static MarketDomain Domain { get; } =
        Samples.Domain with
        {
            ChainId = 31337,
            Contract = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
        };

    public static AccountTotals Account(byte number, ulong earned, ulong spent, ulong held = 0) =>
        new(
            new EvmAddress([.. Enumerable.Repeat(number, EvmAddress.Size)]),
            new TokenAmount(earned),
            new TokenAmount(spent),
            new TokenAmount(held)
        );

    public static Bytes32 Hash(byte number) => new([.. Enumerable.Repeat(number, Bytes32.Size)]);

    /// <summary>One has paid two others, and a third has not got all of it yet.</summary>
    public static SettlementFile File { get; } =
        SettlementFile.Of(
            Domain,
            (Number: 2, Epoch: 7, ChainBlock: 120),
            compensated: TokenAmount.Zero,
            [Account(3, 0, 1_000, 250), Account(1, 600, 0), Account(2, 300, 40)],
            [Hash(9), Hash(8)]
        );
}
