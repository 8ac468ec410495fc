using System.Numerics;
using Marketplace.Chain;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>Batches of receipts that are settled on the chain: whether a receipt is in one, by C# and by the contract.</summary>
internal sealed class CrossBatches(EvmMarket market, ContractActors actors, ContractQuestions questions, Random chance)
{
    private const int SmallMax = 9;
    private const int LargeMax = 300;
    private const int LargeOneIn = 20;
    private const int NumbersMax = 64;

    private readonly RandomReceipts _random = new(chance);

    /// <summary>A receipt of a batch, with what the contract is told to find it there.</summary>
    private sealed record Leaf(Receipt Receipt, ReceiptReuse? Reuse, ulong Number, IReadOnlyList<MerkleStep> Path)
    {
        public Bytes32 Hash() => Reuse?.Hash(Receipt) ?? Receipt.Hash();
    }

    /// <summary>Puts a receipt somewhere in a batch.</summary>
    /// <returns>The root, to be settled, and the place of the receipt.</returns>
    public (Bytes32 Root, IReadOnlyList<MerkleStep> Path) Batch(Bytes32 hash)
    {
        var count = chance.Next(1, chance.Next(LargeOneIn) == 0 ? LargeMax : SmallMax);
        Bytes32[] leaves = [.. Enumerable.Range(0, count).Select(_ => new Bytes32(_random.Bytes(Bytes32.Size)))];
        var index = chance.Next(count);
        leaves[index] = hash;
        var tree = new MerkleBatch(leaves);
        return (tree.Root, tree.PathOf(index));
    }

    /// <summary>Asks for the receipt in its settlement, and in all ways that are not right.</summary>
    public async Task Ask(Receipt receipt, ReceiptReuse? reuse, ulong number, IReadOnlyList<MerkleStep> path)
    {
        var right = new Leaf(receipt, reuse, number, path);
        await Ask("in its settlement", right, isIn: true);
        await Ask("in another settlement", right with { Number = Other(number) }, isIn: false);
        await Ask("another receipt", right with { Receipt = _random.Changed(receipt) }, isIn: false);
        await Ask("with one step more", right with { Path = [.. path, new MerkleStep(chance.Next(2) == 0, _random.Word())] }, isIn: false);
        if (reuse is not null)
        {
            await Ask("without its reuse", right with { Reuse = null }, isIn: false);
            await Ask("with another percentage", right with { Reuse = reuse with { Percent = (ushort)(reuse.Percent ^ 1) } }, isIn: false);
        }
        if (path.Count == 0)
        {
            return;
        }
        var at = chance.Next(path.Count);
        await Ask(
            "with a flipped bit",
            right with
            {
                Path = Changed(path, at, step => step with { Hash = Flipped(step.Hash) }),
            },
            isIn: false
        );
        await Ask("with a swapped side", right with { Path = Changed(path, at, step => step with { IsLeft = !step.IsLeft }) }, isIn: false);
        await Ask("with one step less", right with { Path = [.. path.Where((_, index) => index != at)] }, isIn: false);
    }

    private async Task Ask(string kind, Leaf leaf, bool isIn)
    {
        var hash = leaf.Hash();
        var isFound = actors.Escrow.Receipts.TryGetValue(leaf.Number, out var root) && MerkleBatch.RootOf(hash, leaf.Path) == root;
        if (isFound != isIn)
        {
            questions.Report($"C# says that a receipt {kind} {(isFound ? "is" : "is not")} settled.");
        }
        var (number, path) = (new BigInteger(leaf.Number), ContractValues.Of(leaf.Path));
        var receipt = ReceiptValues.Of(leaf.Receipt);
        var request = leaf.Reuse is { } reuse
            ? market.ToVerifier(
                "requireReuseSettled",
                number,
                receipt,
                reuse.Earlier.Receipt.Hash().ToArray(),
                new BigInteger(reuse.Percent),
                path
            )
            : market.ToVerifier("requireSettled", number, receipt, path);
        await (
            isFound
                ? questions.Answers($"receipt {kind}", request, hash.ToArray())
                : questions.Refuses($"receipt {kind}", request, Refusal.Of("ReceiptNotSettled(bytes32,uint64)", hash, leaf.Number))
        );
    }

    /// <summary>Another number: one that was settled too, one that will never be, or none.</summary>
    private ulong Other(ulong number)
    {
        var other = (ulong)chance.Next(NumbersMax);
        return other == number ? number + 1 : other;
    }

    private Bytes32 Flipped(Bytes32 word)
    {
        var bytes = word.ToArray();
        bytes[chance.Next(bytes.Length)] ^= (byte)(1 << chance.Next(8));
        return new Bytes32(bytes);
    }

    private static MerkleStep[] Changed(IReadOnlyList<MerkleStep> path, int at, Func<MerkleStep, MerkleStep> change) =>
        [.. path.Select((step, index) => index == at ? change(step) : step)];
}
