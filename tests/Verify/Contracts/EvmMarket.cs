using System.Numerics;
using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>A market's contracts on a development node, with a token that does what it is told.</summary>
internal sealed class EvmMarket
{
    public static readonly Bytes32 Key = new([.. Enumerable.Repeat((byte)0x77, Bytes32.Size)]);

    /// <summary>Of anvil, where none is named.</summary>
    private const ulong ChainId = 31337;

    public required EvmClient Client { get; init; }
    public required EvmAddress Operator { get; init; }
    public required EvmAddress Token { get; init; }
    public required EvmAddress Escrow { get; init; }
    public required EvmAddress Registry { get; init; }
    public required EvmAddress Verifier { get; init; }

    /// <summary>When epoch 0 began.</summary>
    public required ulong StartedAt { get; init; }

    public MarketDomain Domain => new(Key, ChainId, Escrow);

    /// <summary>The address with this number.</summary>
    public static EvmAddress Person(int number) => EvmAddress.Parse($"0x{0xace_0000 + number:x40}");

    /// <param name="client">Of the node.</param>
    /// <param name="terms">What the market chooses.</param>
    /// <param name="tokenCode">What creates the token.</param>
    /// <param name="escrowCode">What creates the escrow, before the constructor's arguments.</param>
    public static async Task<EvmMarket> Deploy(EvmClient client, ModelTerms terms, byte[] tokenCode, ReadOnlyMemory<byte> escrowCode)
    {
        var deployer = Person(0);
        await client.Fund(deployer);
        var token = await client.Deploy(deployer, tokenCode);
        object[] abiTerms =
        [
            .. new[]
            {
                terms.EpochLength,
                terms.UnbondingDelay,
                terms.WithdrawalDelay,
                terms.ExitDelay,
                terms.StakeMin,
                terms.CommitteeMin,
            }.Select(ContractValues.Of),
        ];
        var arguments = ContractBuild.Escrow.Abi.Constructor.Encode(new object[] { token, Key.ToArray(), deployer, abiTerms });
        var escrow = await client.Deploy(deployer, [.. escrowCode.Span, .. arguments]);
        var registry = (EvmAddress)await Read(client, ContractBuild.Escrow, escrow, "registry");
        return new EvmMarket
        {
            Client = client,
            Operator = deployer,
            Token = token,
            Escrow = escrow,
            Registry = registry,
            Verifier = (EvmAddress)await Read(client, ContractBuild.Escrow, escrow, "receiptVerifier"),
            StartedAt = (ulong)(BigInteger)await Read(client, ContractBuild.StakeRegistry, registry, "startedAt"),
        };
    }

    public EvmRequest ToEscrow(EvmAddress from, string function, params object[] arguments) =>
        new(from, Escrow, Encode(ContractBuild.Escrow, function, arguments));

    public EvmRequest ToRegistry(EvmAddress from, string function, params object[] arguments) =>
        new(from, Registry, Encode(ContractBuild.StakeRegistry, function, arguments));

    public EvmRequest ToVerifier(string function, params object[] arguments) =>
        new(Operator, Verifier, Encode(ContractBuild.ReceiptVerifier, function, arguments));

    /// <param name="signature">As Solidity writes it: <c>mint(address,uint256)</c>.</param>
    /// <param name="from">Who calls.</param>
    /// <param name="arguments">As <see cref="Refusal.Of"/> takes them.</param>
    public EvmRequest ToToken(EvmAddress from, string signature, params object[] arguments) =>
        new(from, Token, Refusal.Of(signature, arguments));

    private static byte[] Encode(ContractBuild contract, string function, object[] arguments) =>
        contract.Abi.Function(function).Signature.EncodeCall(arguments);

    private static async Task<object> Read(EvmClient client, ContractBuild contract, EvmAddress address, string function)
    {
        var answer = await client.Call(new EvmRequest(Person(0), address, Encode(contract, function, [])));
        return contract.Abi.Function(function).DecodeOutputs(answer.Data)[0];
    }
}
