using System.Numerics;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>Hashes and digests: by the code that makes receipts, by typed data as wallets have them, and by the contracts.</summary>
internal sealed class CrossHashes(EvmMarket market, ContractQuestions questions, CommitteeKeys keys, Random chance)
{
    private const int MembersMax = 8;
    private const int PathMax = 64;

    private readonly RandomReceipts _random = new(chance);
    private readonly TypedDomain _domain = ReceiptValues.Of(market.Domain);

    /// <summary>A receipt, and the same with one member changed.</summary>
    /// <returns>The first.</returns>
    public async Task<Receipt> OfReceipt()
    {
        var receipt = _random.Receipt();
        var changed = _random.Changed(receipt);
        foreach (var one in (Receipt[])[receipt, changed])
        {
            var values = ReceiptValues.Of(one);
            RequireSame("Receipt", one.Hash(), ReceiptValues.Types["Receipt"].Hash(values));
            await questions.Answers("hashOf", market.ToVerifier("hashOf", new object[] { values }), one.Hash().ToArray());
        }
        if (receipt.Hash() == changed.Hash())
        {
            questions.Report("A changed receipt has the hash of the one before.");
        }
        return receipt;
    }

    /// <summary>The receipt of a job that an earlier receipt has answered.</summary>
    public (Receipt Receipt, ReceiptReuse Reuse) OfReuse(Receipt receipt, Receipt earlier)
    {
        var file = new ReceiptFile
        {
            Format = ReceiptFile.FormatName,
            Domain = market.Domain,
            Receipt = earlier,
            WorkerSignatures = [],
            MarketSignature = "",
        };
        var reuse = new ReceiptReuse { Percent = (ushort)chance.Next(1 << 16), Earlier = file };
        var typed = ReceiptValues.Types["Reuse"].Hash(ReceiptValues.Of(receipt), earlier.Hash().ToArray(), new BigInteger(reuse.Percent));
        RequireSame("Reuse", reuse.Hash(receipt), typed);
        return (receipt, reuse);
    }

    public async Task OfSettlement()
    {
        var settlement = _random.Settlement();
        var digest = settlement.Digest(market.Domain);
        var values = (object[])ContractValues.Of(settlement);
        RequireSame("Settlement", digest, _domain.Digest(ReceiptValues.Types["Settlement"].Hash(values)));
        await questions.Answers(
            "settlementDigest",
            market.ToEscrow(market.Operator, "settlementDigest", new object[] { values }),
            digest.ToArray()
        );
    }

    /// <summary>An account that is in no settlement: the escrow says which root it comes to.</summary>
    public async Task OfAccount()
    {
        var totals = _random.Totals();
        MerkleStep[] path = [.. Enumerable.Range(0, Length()).Select(_ => new MerkleStep(chance.Next(2) == 0, _random.Word()))];
        var values = (object[])ContractValues.Of(totals);
        RequireSame("AccountTotals", totals.Hash(), ReceiptValues.Types["AccountTotals"].Hash(values));
        var refusal =
            path.Length > PathMax
                ? Refusal.Of("PathTooLong(uint256,uint256)", path.Length, PathMax)
                : Refusal.Of("NotInSettlement(bytes32,bytes32)", MerkleBatch.RootOf(totals.Hash(), path), default(Bytes32));
        await questions.Refuses("root of an account", market.ToEscrow(market.Operator, "claim", values, ContractValues.Of(path)), refusal);
    }

    /// <summary>What workers, markets and committees sign of batches, and keys of their owners.</summary>
    public async Task OfSignatures()
    {
        var (epoch, root) = (_random.Number(), _random.Word());
        var receipts = BatchDigest.OfReceipts(market.Domain, epoch, root);
        RequireDigest("Receipts", receipts, [new BigInteger(epoch), root.ToArray()]);
        await questions.Answers(
            "receiptsDigest",
            market.ToVerifier("receiptsDigest", new BigInteger(epoch), root.ToArray()),
            receipts.ToArray()
        );
        var executions = BatchDigest.OfExecutions(market.Domain, root);
        RequireDigest("Executions", executions, [root.ToArray()]);
        await questions.Answers("executionsDigest", market.ToVerifier("executionsDigest", root.ToArray()), executions.ToArray());
        CommitteeMember[] members = [.. Enumerable.Range(0, chance.Next(MembersMax)).Select(_ => Member())];
        var committee = BatchDigest.CommitteeHash(epoch, members);
        var votes = BatchDigest.OfCommitteeReceipts(market.Domain, epoch, members, root);
        object[] list = [new BigInteger(epoch), members.Select(member => (object)ReceiptValues.Of(member)).ToArray()];
        RequireDigest("CommitteeReceipts", votes, [list, root.ToArray()]);
        await questions.Answers(
            "committeeReceiptsDigest",
            market.ToVerifier("committeeReceiptsDigest", committee.ToArray(), root.ToArray()),
            votes.ToArray()
        );
        var (owner, worker, key) = (_random.Address(), _random.Word(), keys.Of(keys.Members[chance.Next(keys.Members.Count)]).PublicKey);
        var possession = Possession.Digest(market.Domain, owner, new WorkerId(worker), key);
        RequireDigest("Possession", possession, [owner, worker.ToArray(), key.Bytes.ToArray()]);
        await questions.Answers(
            "possessionDigest",
            market.ToRegistry(market.Operator, "possessionDigest", owner, worker.ToArray(), ContractValues.Of(key)),
            possession.ToArray()
        );
    }

    private CommitteeMember Member() =>
        new()
        {
            Worker = new WorkerId(_random.Word()),
            BlsKey = Convert.ToHexStringLower(_random.Bytes(BlsPublicKey.Size)),
            Possession = Convert.ToHexStringLower(_random.Bytes(BlsSignature.Size)),
            Registration = Convert.ToHexStringLower(_random.Bytes(Ed25519.SignatureSize)),
            Weight = _random.Amount(),
        };

    private int Length() => chance.Next(10) == 0 ? chance.Next(PathMax - 1, PathMax + 3) : chance.Next(20);

    private void RequireDigest(string type, Bytes32 digest, object[] values) =>
        RequireSame(type, digest, _domain.Digest(ReceiptValues.Types[type].Hash(values)));

    private void RequireSame(string type, Bytes32 own, Bytes32 typed)
    {
        if (own != typed)
        {
            questions.Report($"{type}: the market's code gives {own}; typed data give {typed}.");
        }
    }
}
