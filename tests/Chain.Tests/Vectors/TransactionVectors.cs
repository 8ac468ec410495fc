using System.Globalization;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

/// <summary>
/// Signed transactions: read, written and signed again they are the same bytes, their sender is the key's address, and their members are
/// those that the vector names. And where contracts come to be.
/// </summary>
public static class TransactionVectors
{
    public const string LegacyFile = "ethereum/transactions-legacy-eip155.json";
    public const string TypedFile = "ethereum/transactions-typed-eip2930-eip1559.json";
    public const string CreateFile = "ethereum/derived/create-address.json";
    public const string TextsFile = "ethereum/eip-texts.json";

    public static VectorTally RunLegacy(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            foreach (var (suffix, chain) in new (string, ulong?)[] { ("", null), ("ChainId5", 5) })
            {
                var signed = Bytes(vector, "signedTransaction" + suffix);
                var passes = Passes(
                    signed,
                    Bytes(vector, "unsignedTransaction" + suffix),
                    Bytes(vector, "privateKey"),
                    Text(vector, "accountAddress")
                );
                tally.Add(Text(vector, "name") + suffix, passes && SignedTransaction.Parse(signed).Transaction.ChainId == chain);
            }
        }
        return tally;
    }

    public static VectorTally RunTyped(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var vector in document.RootElement.EnumerateArray())
        {
            var signed = Bytes(vector, "signed");
            var passes = Passes(signed, Bytes(vector, "unsigned"), Bytes(vector, "key"), Text(vector, "address"));
            tally.Add(Text(vector, "name"), passes && HasItsMembers(SignedTransaction.Parse(signed).Transaction, vector.GetProperty("tx")));
        }
        return tally;
    }

    public static VectorTally RunContracts(string createPath, string textsPath)
    {
        var tally = new VectorTally();
        using var creates = JsonDocument.Parse(File.ReadAllBytes(createPath));
        foreach (var vector in creates.RootElement.GetProperty("cases").EnumerateArray())
        {
            var made = ContractAddresses.OfCreate(Address(vector, "from"), vector.GetProperty("nonce").GetUInt64());
            tally.Add($"create {vector.GetProperty("nonce")}", made.ToCheckedText() == Text(vector, "address"));
        }
        using var texts = JsonDocument.Parse(File.ReadAllBytes(textsPath));
        foreach (var vector in texts.RootElement.GetProperty("eip1014").EnumerateArray())
        {
            var salt = new Bytes32(Bytes(vector, "salt"));
            var made = ContractAddresses.OfCreate2(Address(vector, "address"), salt, Bytes(vector, "initCode"));
            tally.Add($"create2 {Text(vector, "result")}", made.ToCheckedText() == Text(vector, "result"));
        }
        var example = texts.RootElement.GetProperty("eip155");
        using var key = new Secp256k1PrivateKey(Bytes(example, "privateKey"));
        var transaction = SignedTransaction.Parse(Bytes(example, "signed"));
        tally.Add(
            "EIP-155",
            transaction.Transaction.ToUnsigned().AsSpan().SequenceEqual(Bytes(example, "signingData"))
                && transaction.Transaction.Sign(key).Bytes.Span.SequenceEqual(Bytes(example, "signed"))
        );
        return tally;
    }

    private static bool Passes(byte[] signed, byte[] unsigned, byte[] secret, string sender)
    {
        using var key = new Secp256k1PrivateKey(secret);
        var read = SignedTransaction.Parse(signed);
        return read.Bytes.Span.SequenceEqual(signed)
            && read.Hash == new Bytes32(Keccak256.Hash(signed))
            && read.Sender == EvmAddress.Parse(sender)
            && read.Transaction.ToUnsigned().AsSpan().SequenceEqual(unsigned)
            && read.Transaction.Sign(key).Bytes.Span.SequenceEqual(signed);
    }

    private static bool HasItsMembers(EvmTransaction transaction, JsonElement members) =>
        members
            .EnumerateObject()
            .All(member =>
                member.Name switch
                {
                    "type" => (int)transaction.Kind == member.Value.GetInt32(),
                    "chainId" => transaction.ChainId == Number(member.Value),
                    "nonce" => transaction.Nonce == Number(member.Value),
                    "gasPrice" or "maxFeePerGas" => transaction.GasPrice == Number(member.Value),
                    "maxPriorityFeePerGas" => transaction.PriorityFee == Number(member.Value),
                    "gasLimit" => transaction.GasLimit == Number(member.Value),
                    "value" => transaction.Value == Number(member.Value),
                    "to" => transaction.To == EvmAddress.Parse(member.Value.GetString()!),
                    "data" => transaction.Data.Span.SequenceEqual(Convert.FromHexString(member.Value.GetString()![2..])),
                    "accessList" => transaction.AccessList.Count == member.Value.GetArrayLength(),
                    _ => false,
                }
            );

    private static System.Numerics.BigInteger Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
            ? value.GetUInt64()
            : System.Numerics.BigInteger.Parse("0" + value.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static EvmAddress Address(JsonElement vector, string name) => EvmAddresses.ParseChecked(Text(vector, name));

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    private static byte[] Bytes(JsonElement vector, string name) => Convert.FromHexString(Text(vector, name)[2..]);
}
