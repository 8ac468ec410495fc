using Marketplace.Chain;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>The stored form of how far settlements are.</summary>
public sealed class SettlementStateTests
{
    [Fact]
    public void WhatIsUnderWay_IsReadAsItWasWritten()
    {
        var state = Plain with
        {
            Open = Version(3, epoch: 2),
            Earlier = [Version(3, epoch: 1)],
            Kept = [Version(1, epoch: 1), Version(2, epoch: 1)],
            Again = [Version(4, epoch: 1)],
        };

        var bytes = SettlementState.Write(state).ToArray();
        var read = SettlementState.Read(bytes);

        Assert.Equal(bytes, SettlementState.Write(read).ToArray());
        Assert.Equal(state.Open.Settlement, read.Open!.Settlement);
        Assert.Equal([1, 2], read.Kept.Select(version => version.Settlement.Number));
        Assert.Equal([4], read.Again.Select(version => version.Settlement.Number));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => SettlementState.Read(bytes.AsSpan(0, length)));
        }
    }

    /// <summary>Builds before could not send settlements again, and knew no stakes: all is compared anew.</summary>
    [Fact]
    public void FirstForm_IsRead()
    {
        var bytes = SettlementState.Write(Plain with { Earlier = [Version(1, epoch: 1)] }).ToArray();
        // Three flags of members, which there are none of, stand behind their count; two empty lists at the end: one byte each.
        var flags = SettlementState.Write(Plain).Length - 9;
        byte[] first = [1, .. bytes[1..flags], .. bytes[(flags + 3)..^2]];

        var read = SettlementState.Read(first);

        Assert.True(read.IsInDoubt);
        Assert.Equal(bytes, SettlementState.Write(read with { IsInDoubt = false }).ToArray());
    }

    /// <summary>Builds before did not say for how long stakes cover what is signed: nothing is signed until they are read again.</summary>
    [Fact]
    public void SecondForm_IsRead()
    {
        var covered = DateTimeOffset.UnixEpoch.AddDays(1);
        var bytes = SettlementState.Write(Plain).ToArray();
        var flags = bytes.Length - 9;
        byte[] second = [2, .. bytes[1..(flags + 1)], .. bytes[(flags + 2)..]];

        var read = SettlementState.Read(second);

        Assert.Null(read.CoveredUntil);
        Assert.Equal(bytes, SettlementState.Write(read).ToArray());
        Assert.Equal(covered, SettlementState.Read(SettlementState.Write(read with { CoveredUntil = covered }).Span).CoveredUntil);
    }

    private static SettlementState Plain =>
        new()
        {
            ChainId = 31337,
            Escrow = EvmAddress.Parse("0x00000000000000000000000000000000000e0001"),
            Trail = [new ChainBlock(7, default, 70)],
        };

    private static BooksUnderWay Version(ulong number, ulong epoch) =>
        new(
            new Settlement
            {
                Number = number,
                Epoch = epoch,
                ChainBlock = 5,
                Accounts = default,
                Receipts = default,
                Earned = new TokenAmount(10),
                Spent = new TokenAmount(20),
            },
            new BooksContent(Accounts: 1, Receipts: 2, Parts: 3, Batches: 4)
        );
}
