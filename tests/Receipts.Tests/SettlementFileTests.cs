using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

public sealed class SettlementFileTests
{
    private static readonly SettlementFile File = SettlementSamples.File;

    [Fact]
    public void Settlement_IsReadAsItWasWrittenAndHolds()
    {
        var read = SettlementFile.Parse(File.ToJson());

        Assert.Equal(File.ToJson(), read.ToJson());
        Assert.Empty(Broken(read));
        Assert.Equal(new TokenAmount(900), read.Settlement.Earned);
        Assert.Equal(new TokenAmount(1_040), read.Settlement.Spent);
    }

    [Fact]
    public void EveryFlippedBit_IsRefused()
    {
        var json = File.ToJson();
        var (broken, refused, other) = (0, 0, 0);
        for (var bit = 0; bit < 8 * json.Length; bit++)
        {
            json[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                var read = SettlementFile.Parse(json);
                // Number, epoch, block, what was compensated and the domain are in what is signed or in what the escrow compares.
                var isBroken = Broken(read).Count > 0;
                var isOther =
                    read.Settlement.Digest(read.Domain) != File.Settlement.Digest(File.Domain) || read.Compensated != File.Compensated;
                Assert.True(isBroken || isOther, $"bit {bit}");
                (broken, other) = (broken + (isBroken ? 1 : 0), other + (isOther ? 1 : 0));
            }
            catch (ReceiptFormatException)
            {
                refused++;
            }
            json[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(broken > 500 && other > 100 && refused > 4 * json.Length, $"{broken} broken, {other} others, {refused} refused");
    }

    [Fact]
    public void Account_IsFoundWithItsPath()
    {
        foreach (var account in File.Accounts)
        {
            var (totals, path) = File.Find(account.Owner)!.Value;
            Assert.Equal(account, totals);
            Assert.Equal(File.Settlement.Accounts, MerkleBatch.RootOf(totals.Hash(), path));
        }
        Assert.Null(File.Find(new EvmAddress(new byte[EvmAddress.Size])));
        Assert.Null(File.Find(SettlementSamples.Account(4, 0, 0).Owner));
        Assert.Equal(File.Settlement.Receipts, MerkleBatch.RootOf(SettlementSamples.Hash(9), File.FindReceipt(SettlementSamples.Hash(9))!));
        Assert.Null(File.FindReceipt(SettlementSamples.Hash(7)));
    }

    [Fact]
    public void EmptySettlement_HasNoRoots()
    {
        var empty = SettlementFile.Of(SettlementSamples.Domain, (1, 0, 0), TokenAmount.Zero, [], []);

        Assert.Equal(default, empty.Settlement.Accounts);
        Assert.Equal(default, empty.Settlement.Receipts);
        Assert.Empty(Broken(SettlementFile.Parse(empty.ToJson())));
    }

    [Fact]
    public void MoreEarnedThanSpent_IsBrokenUnlessItWasSlashed()
    {
        AccountTotals[] accounts = [SettlementSamples.Account(1, 150, 0), SettlementSamples.Account(2, 0, 100)];

        Assert.Equal(["sums"], Broken(Of(2, 120, 49, accounts)));
        Assert.Empty(Broken(Of(2, 120, 50, accounts)));
    }

    [Fact]
    public void LaterSettlement_KeepsWhatWasEarnedAndSpent()
    {
        var earlier = Of(2, 120, 0, SettlementSamples.Account(1, 60, 0), SettlementSamples.Account(2, 0, 100));
        (string? Broken, SettlementFile Later)[] cases =
        [
            (
                null,
                Of(
                    3,
                    120,
                    0,
                    SettlementSamples.Account(1, 60, 0),
                    SettlementSamples.Account(2, 5, 100, 7),
                    SettlementSamples.Account(3, 0, 5)
                )
            ),
            ("history", Of(3, 120, 0, SettlementSamples.Account(1, 59, 0), SettlementSamples.Account(2, 0, 100))),
            ("history", Of(3, 120, 0, SettlementSamples.Account(1, 60, 0), SettlementSamples.Account(2, 0, 99))),
            ("history", Of(3, 120, 0, SettlementSamples.Account(2, 0, 100))),
            ("history", Of(2, 121, 0, SettlementSamples.Account(1, 60, 0), SettlementSamples.Account(2, 0, 100))),
            ("history", Of(3, 119, 0, SettlementSamples.Account(1, 60, 0), SettlementSamples.Account(2, 0, 100))),
            ("history", Of(3, 120, 0, [.. earlier.Accounts]) with { Domain = Samples.Domain }),
        ];

        Assert.All(cases, one => Assert.Equal(one.Broken is null ? [] : [one.Broken], Broken(one.Later, earlier)));
    }

    [Fact]
    public void DoubledOrUnsortedRows_AreBroken()
    {
        var account = SettlementSamples.Account(1, 0, 5);

        Assert.Contains("order", Broken(Of(2, 120, 0, account, account)));
        Assert.Contains("order", Broken(File with { Accounts = [.. File.Accounts.Reverse()] }));
        Assert.Contains("order", Broken(File with { Receipts = [.. File.Receipts.Reverse()] }));
        Assert.Contains("roots", Broken(File with { Receipts = [] }));
    }

    [Fact]
    public void OtherForms_AreRefused()
    {
        var text = Encoding.UTF8.GetString(File.ToJson());
        string[] forms =
        [
            text.Replace("settlement 1", "settlement 2", StringComparison.Ordinal),
            text.Replace("\"0x0101", "\"0X0101", StringComparison.Ordinal),
            text.Replace("\"held\":\"250\"", "\"held\":250", StringComparison.Ordinal),
            text.Replace("\"held\":\"250\"", "\"held\":\"0250\"", StringComparison.Ordinal),
            text.Replace("\"accounts\":[", "\"accounts\":[null,", StringComparison.Ordinal),
            text.Replace("\"compensated\":\"0\",", "", StringComparison.Ordinal),
            text[..^1],
            "null",
            "[]",
        ];

        Assert.All(forms, form => Assert.Throws<ReceiptFormatException>(() => SettlementFile.Parse(Encoding.UTF8.GetBytes(form))));
        Assert.Throws<ReceiptFormatException>(() => SettlementFile.Parse(new byte[SettlementFile.BytesMax + 1]));
    }

    [Fact]
    public void Coordinates_AreThoseOfTheCompressedForm()
    {
        using var secret = BlsSecretKey.FromSeed(new byte[32]);
        var (key, signature) = (secret.PublicKey, secret.Sign(new byte[32]));

        // The flags are the three highest bits of the compressed form.
        Assert.Equal(key.Bytes[1..].ToArray(), key.Coordinates()[1..48]);
        Assert.Equal(key.Bytes[0] & 0x1f, key.Coordinates()[0]);
        Assert.Equal(signature.Bytes[1..48].ToArray(), signature.Coordinates()[49..96]);
        Assert.Equal(signature.Bytes[48..].ToArray(), signature.Coordinates()[..48]);
    }

    private static SettlementFile Of(ulong number, ulong block, ulong compensated, params AccountTotals[] accounts) =>
        SettlementFile.Of(SettlementSamples.Domain, (number, 7, block), new TokenAmount(compensated), accounts, []);

    private static List<string> Broken(SettlementFile file, SettlementFile? earlier = null) =>
        [.. SettlementChecks.Of(file, earlier).Where(check => check.Result == CheckResult.Broken).Select(check => check.Name)];
}
