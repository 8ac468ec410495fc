using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Ledger;

namespace Marketplace.Grains.Tests;

/// <summary>A short run of <c>verify ledger</c>; and the books that judge it find what they are there to find.</summary>
public sealed class LedgerTests
{
    private static readonly AccountId Payer = TestMarket.Id("payer");
    private static readonly AccountId Payee = TestMarket.Id("payee");
    private static readonly JobId Job = IdDerivation.Job(Payer, "job");
    private static readonly TokenAmount Ten = new(10);

    [Fact]
    public void RandomOperationsWithCrashes_KeepTheSum()
    {
        var result = LedgerRun.Run(seed: 1, operations: 4000, accounts: 40, operationsPerCrash: 200);

        Assert.Empty(result.Violations);
        Assert.Empty(LedgerRun.Missing(result));
        Assert.True(result.SumsTaken > 4000, $"The sum was taken {result.SumsTaken} times.");
    }

    [Fact]
    public void BooksInOrder_HaveNoViolations()
    {
        var books = Paid(Ten);
        books.CheckAll();
        Assert.Empty(books.Violations);
    }

    [Fact]
    public void ChargeWithoutItsTransfer_IsFound() => Assert.NotEmpty(Paid(TokenAmount.Zero).Violations);

    [Fact]
    public void TransferThatIsMoreThanTheCharge_IsFound() => Assert.NotEmpty(Paid(new TokenAmount(11)).Violations);

    [Fact]
    public void TransferThatArrivesTwice_IsFound()
    {
        var books = Paid(Ten);
        Enter(books, Payee, 0, new Received(Payer, 1, Ten));
        Assert.Empty(books.Violations);
        Enter(books, Payee, 1, new Received(Payer, 1, Ten));
        Assert.NotEmpty(books.Violations);
    }

    [Fact]
    public void CreditThatIsAppliedTwice_IsFound()
    {
        var books = Paid(Ten);
        Enter(books, Payer, 4, new Credited("first", new TokenAmount(100), null, null));
        Assert.NotEmpty(books.Violations);
    }

    private static LedgerBooks Paid(TokenAmount sent)
    {
        var books = new LedgerBooks();
        books.ExpectCredit(Payer, "first", new TokenAmount(100));
        books.ExpectCharge(Job, Ten);
        Enter(books, Payer, 0, new Credited("first", new TokenAmount(100), null, null));
        Enter(books, Payer, 1, new KeyCreated("mk01", "key", Scopes.Submit, null, DateTimeOffset.UnixEpoch));
        Enter(books, Payer, 2, new Held(DateTimeOffset.UnixEpoch, "mk01", [new HoldItem(Job, new TokenAmount(30))]));
        Enter(books, Payer, 3, new Settled([new SettledJob(Job, Ten)], [new OutgoingCharge(Payee, 1, sent)], TokenAmount.Zero));
        return books;
    }

    private static void Enter(LedgerBooks books, AccountId account, long version, AccountEvent happened) =>
        books.Enter($"account/{account}", version, [AccountEventCodec.Write(happened)]);
}
