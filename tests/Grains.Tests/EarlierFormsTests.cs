using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What builds before programs could be removed have stored is read as what it meant; what they could have stored is written as they did,
/// so that they read it.
/// </summary>
public sealed class EarlierFormsTests
{
    private static readonly Bytes32 Id = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void ProgramsOfABlob_AreDeployed()
    {
        var writer = new CompactWriter(128);
        writer.Byte(2);
        writer.Signed(11);
        writer.Count(1);
        writer.Id(Id);
        writer.Time(At);
        writer.Count(1);
        writer.Id(Id);
        writer.Time(At);
        var earlier = writer.Finish().ToArray();
        var blob = BlobState.Read(earlier);

        Assert.Equal((11, At, At), (blob.Size, blob.Accounts[new AccountId(Id)], blob.CollectedUntil));
        Assert.Equal(ProgramHolder.Deployed, blob.Programs[new ProgramId(Id)]);
        var holder = ProgramHolder.Removed(At, new AccountId(Id));
        var removed = blob with { Programs = blob.Programs.SetItem(new ProgramId(Id), holder) };
        Assert.Equal(holder, BlobState.Read(BlobState.Write(removed).Span).Programs[new ProgramId(Id)]);
        Assert.Equal(earlier, BlobState.Write(blob).ToArray());
    }

    [Fact]
    public void Program_HasTheOneDeployerThatItNames()
    {
        var writer = new CompactWriter(256);
        writer.Byte(1);
        writer.Id(Id);
        writer.Id(Id);
        writer.Signed(11);
        writer.Text("name");
        writer.Id(Id);
        writer.Time(At);
        writer.Text("onvm");
        writer.Count(1);
        writer.Text("main");
        writer.Count(0);
        writer.Flag(true);
        var earlier = writer.Finish().ToArray();
        var program = ProgramCodec.Read(earlier);

        Assert.Equal(new AccountId(Id), Assert.Single(program.Deployers));
        Assert.Equal((false, "name", true), (program.IsRemoved, program.View.Name, program.View.UsesState));
        Assert.Equal(earlier, ProgramCodec.Write(program).ToArray());
        var read = ProgramCodec.Read(ProgramCodec.Write(program with { IsRemoved = true }).Span);
        Assert.True(read.IsRemoved);
        Assert.Equal(new AccountId(Id), Assert.Single(read.Deployers));
    }

    [Fact]
    public void CreditWithoutAMoment_IsReadAndWrittenAsEarlierBuildsDid()
    {
        var writer = new CompactWriter(64);
        writer.Byte(1);
        writer.Byte(1);
        writer.Text("first start");
        writer.Amount(new TokenAmount(100));
        var earlier = writer.Finish().ToArray();
        var credited = Assert.IsType<Credited>(AccountEventCodec.Read(earlier));

        Assert.Equal(new Credited("first start", new TokenAmount(100), null, null), credited);
        Assert.Equal(earlier, AccountEventCodec.Write(credited).ToArray());
        var account = new AccountState();
        account.Apply(credited);
        Assert.Contains("first start", account.Credits);
    }

    [Fact]
    public void SnapshotOfAnAccountWithoutOperations_IsWrittenAsEarlierBuildsDid_AndWithThemItIsReadBack()
    {
        var account = new AccountState();
        account.Apply(new KeyCreated("mk01", "key", Scopes.Submit, null, At));
        account.Apply(new Credited("first start", new TokenAmount(100), null, null));
        account.Apply(new Held(At, "mk01", [new HoldItem(new JobId(Id), new TokenAmount(5))]));
        account.Apply(new Settled([new SettledJob(new JobId(Id), new TokenAmount(5))], [], new TokenAmount(5)));
        account.Apply(new StorageChanged(new ModuleCounted(new ProgramId(Id), new BlobId(Id), 5)));
        var earlier = AccountSnapshotCodec.Write(account).ToArray();
        Assert.Equal(2, earlier[0]);
        Assert.Equal(earlier, AccountSnapshotCodec.Write(AccountSnapshotCodec.Read(earlier)).ToArray());

        var stake = new HoldId(HoldPurpose.Stake, Id);
        account.Apply(new Credited("deposit", new TokenAmount(10), At, At));
        account.Apply(new FundsSetAside(stake, "mk01", new TokenAmount(105), At));
        account.Apply(new FundsSetAside(new HoldId(HoldPurpose.Deal, Id), "mk01", new TokenAmount(1), At));
        account.Apply(new CreditReversed("deposit", new TokenAmount(10), At, At));
        account.Apply(new Divided(stake, new TokenAmount(5), [], new TokenAmount(3), new TokenAmount(2)));
        account.Apply(new Debited("payout", new TokenAmount(1), At, At));
        Assert.Empty(AccountInvariants.Violations(account));

        var now = AccountSnapshotCodec.Write(account).ToArray();
        var read = AccountSnapshotCodec.Read(now);
        Assert.Empty(AccountInvariants.Violations(read));
        Assert.Equal(now, AccountSnapshotCodec.Write(read).ToArray());
        Assert.Equal(
            (account.WithdrawnTotal, account.Debt, account.Operations.Count),
            (read.WithdrawnTotal, read.Debt, read.Operations.Count)
        );
        for (var length = 0; length < now.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => AccountSnapshotCodec.Read(now.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Refusals_AreReadBack_FromEventsAndFromASnapshot()
    {
        var set = new RefusalsSet(new RefusalList([new WorkerId(Id)], [new AccountId(Id)]));
        var bytes = AccountEventCodec.Write(set).ToArray();
        var account = new AccountState();
        account.Apply(new KeyCreated("mk01", "key", Scopes.Submit, null, At));
        account.Apply(AccountEventCodec.Read(bytes));
        Assert.True(account.Refusals.IsSame(set.Refusals));
        Assert.Equal($"011501{Convert.ToHexString(Id.ToArray())}01{Convert.ToHexString(Id.ToArray())}", Convert.ToHexString(bytes));
        var snapshot = AccountSnapshotCodec.Write(account).ToArray();
        Assert.True(AccountSnapshotCodec.Read(snapshot).Refusals.IsSame(set.Refusals));
        Assert.Equal(snapshot, AccountSnapshotCodec.Write(AccountSnapshotCodec.Read(snapshot)).ToArray());
        for (var length = 0; length < snapshot.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => AccountSnapshotCodec.Read(snapshot.AsSpan(0, length)));
        }
        // With none left, it is what earlier builds read.
        account.Apply(new RefusalsSet(RefusalList.None));
        Assert.Equal(1, AccountSnapshotCodec.Write(account).Span[0]);
    }

    [Fact]
    public void HoldOfWhichAPartWasPaid_IsReadBack_FromEventsAndFromASnapshot()
    {
        var stake = new HoldId(HoldPurpose.Stake, Id);
        AccountEvent[] events =
        [
            new KeyCreated("mk01", "key", Scopes.Submit, null, At),
            new Credited("deposit", new TokenAmount(100), At, At),
            new FundsSetAside(stake, "mk01", new TokenAmount(50), At),
        ];
        var account = new AccountState();
        Array.ForEach(events, account.Apply);
        Assert.Equal(3, AccountSnapshotCodec.Write(account).Span[0]);
        var charged = new HoldCharged(
            stake,
            1,
            new TokenAmount(20),
            [new OutgoingCharge(new AccountId(Id), 1, new TokenAmount(15))],
            new TokenAmount(5)
        );
        var written = AccountEventCodec.Write(charged).ToArray();
        account.Apply(AccountEventCodec.Read(written));
        Assert.Equal(written, AccountEventCodec.Write(AccountEventCodec.Read(written)).ToArray());
        for (var length = 0; length < written.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => AccountEventCodec.Read(written.AsSpan(0, length)));
        }
        Assert.Empty(AccountInvariants.Violations(account));

        var now = AccountSnapshotCodec.Write(account).ToArray();
        Assert.Equal(6, now[0]);
        var read = AccountSnapshotCodec.Read(now);
        Assert.Equal(now, AccountSnapshotCodec.Write(read).ToArray());
        Assert.Empty(AccountInvariants.Violations(read));
        var hold = read.Funds[stake];
        Assert.Equal((new TokenAmount(30), 1, new TokenAmount(20)), (hold.Amount, hold.Charges, hold.Charged));
        for (var length = 0; length < now.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => AccountSnapshotCodec.Read(now.AsSpan(0, length)));
        }
        // Without it, it is what earlier builds read; that it was held is remembered with all of its amount.
        read.Apply(new Divided(stake, TokenAmount.Zero, [], TokenAmount.Zero, TokenAmount.Zero));
        Assert.Equal(3, AccountSnapshotCodec.Write(read).Span[0]);
        Assert.Equal(new Operation(At, new TokenAmount(50)), read.Operations.Find(OperationKind.Hold, stake.ToString()));
        Assert.Empty(AccountInvariants.Violations(read));
    }

    [Fact]
    public void EarningsOfAChain_AreReadBack_FromEventsAndFromASnapshot()
    {
        var written = AccountEventCodec.Write(new EarningsGoToChain()).ToArray();
        Assert.Equal("0117", Convert.ToHexString(written));
        Assert.Equal(new EarningsGoToChain(), AccountEventCodec.Read(written));
        Assert.Throws<InvalidDataException>(() => AccountEventCodec.Read([.. written, 0]));
        Assert.Throws<InvalidDataException>(() => AccountEventCodec.Read(written.AsSpan(0, 1)));

        // The same events without it are what they were before there was a chain.
        foreach (var onChain in new[] { false, true })
        {
            AccountEvent[] events =
            [
                .. onChain ? new AccountEvent[] { new EarningsGoToChain() } : [],
                new KeyCreated("mk01", "key", Scopes.Submit, null, At),
                new Credited("deposit", new TokenAmount(100), At, At),
                new Held(At, "mk01", [new HoldItem(new JobId(Id), new TokenAmount(5))]),
                new Settled([new SettledJob(new JobId(Id), new TokenAmount(5))], [], new TokenAmount(5)),
                new Received(new AccountId(Id), 1, new TokenAmount(7)),
            ];
            var account = new AccountState();
            Array.ForEach(events, account.Apply);
            var bytes = AccountSnapshotCodec.Write(account).ToArray();
            var read = AccountSnapshotCodec.Read(bytes);

            Assert.Equal(onChain ? 7 : 3, bytes[0]);
            Assert.Equal(bytes, AccountSnapshotCodec.Write(read).ToArray());
            var (available, claimable) = onChain ? (95U, 12U) : (107U, 0U);
            Assert.Equal((onChain, new TokenAmount(available)), (read.EarnsOnChain, read.Available));
            Assert.Equal((new TokenAmount(claimable), new TokenAmount(12)), (read.Claimable, read.Earned));
            Assert.Empty(AccountInvariants.Violations(read));
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.ThrowsAny<InvalidDataException>(() => AccountSnapshotCodec.Read(bytes.AsSpan(0, length)));
            }
        }

        // Before anything was earned it is known where it will go.
        var begun = new AccountState();
        begun.Apply(new EarningsGoToChain());
        Assert.True(AccountSnapshotCodec.Read(AccountSnapshotCodec.Write(begun).Span).EarnsOnChain);
    }

    [Fact]
    public void TransfersAndUsedChallenges_AreReadBack_FromEventsAndFromASnapshot()
    {
        AccountEvent[] events =
        [
            new KeyCreated("mk01", "key", Scopes.Submit | Scopes.Transfer, new TokenAmount(90), At) { Challenge = At },
            new Credited("deposit", new TokenAmount(100), At, At),
            new Transferred(
                Request: "rent",
                KeyId: "mk01",
                To: new AccountId(Id),
                Sequence: 1,
                Amount: new TokenAmount(30),
                At: At,
                Noted: At.AddTicks(1)
            ),
        ];
        var account = new AccountState();
        foreach (var happened in events)
        {
            var written = AccountEventCodec.Write(happened).ToArray();
            Assert.Equal(happened, AccountEventCodec.Read(written));
            for (var length = 0; length < written.Length; length++)
            {
                Assert.ThrowsAny<InvalidDataException>(() => AccountEventCodec.Read(written.AsSpan(0, length)));
            }
            account.Apply(happened);
        }
        Assert.Empty(AccountInvariants.Violations(account));

        var now = AccountSnapshotCodec.Write(account).ToArray();
        Assert.Equal(4, now[0]);
        var read = AccountSnapshotCodec.Read(now);
        Assert.Equal(now, AccountSnapshotCodec.Write(read).ToArray());
        Assert.Equal(At, read.LastChallenge);
        Assert.Equal(new Operation(At, new TokenAmount(30), new AccountId(Id)), read.Operations.Find(OperationKind.Transfer, "rent"));
        for (var length = 0; length < now.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => AccountSnapshotCodec.Read(now.AsSpan(0, length)));
        }
    }

    [Fact]
    public void SnapshotOfAnAccount_HasItsBlobsAndNoModules()
    {
        var account = new AccountState();
        account.Apply(new StorageChanged(new BlobCounted(new BlobId(Id), 5)));
        var earlier = AccountSnapshotCodec.Write(account).ToArray();
        Assert.Equal(1, earlier[0]);
        var read = AccountSnapshotCodec.Read(earlier);

        Assert.Equal((5, 1, 0), (read.Storage.Bytes, read.Storage.Count, read.Storage.ProgramCount));
        Assert.True(read.Storage.IsPinned(new BlobId(Id)));
    }

    [Fact]
    public void RemovedProgramOfABlob_CountsAgainstNoAccount()
    {
        var writer = new CompactWriter(128);
        writer.Byte(3);
        writer.Signed(11);
        writer.Count(0);
        writer.Count(1);
        writer.Id(Id);
        writer.Flag(true);
        writer.Time(At);
        writer.Time(At);
        var blob = BlobState.Read(writer.Finish().Span);

        Assert.Equal(ProgramHolder.Removed(At, default), blob.Programs[new ProgramId(Id)]);
        Assert.Equal(blob.Programs, BlobState.Read(BlobState.Write(blob).Span).Programs);
    }
}
