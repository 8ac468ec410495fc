using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>A worker signs each offer once: no number names two.</summary>
public sealed class OfferStatementsTests
{
    private static readonly Ed25519KeyPair Key = new([.. Enumerable.Range(0, 32).Select(value => (byte)value)]);
    private static readonly MarketDomain Market = new(new([.. Enumerable.Repeat((byte)5, 32)]));

    private static readonly WorkerOffer Offer = new(
        new WorkerId(Key.PublicKey),
        new AccountId(Market.Market),
        new TokenAmount(7),
        Slots: 2,
        MemoryPagesMax: 16
    )
    {
        Labels = ["b", "a", "b"],
        RefusedAccounts = [new AccountId(Market.Market), new AccountId(Key.PublicKey)],
    };

    [Fact]
    public void OfferThatIsRepeated_KeepsItsNumbers_AndAnotherOneHasTheNext()
    {
        var statements = new OfferStatements(Key, TimeProvider.System);
        var first = statements.Sign(Offer, Market).Statement!;
        Assert.Equal(1UL, first.Sequence);
        Assert.Equal(first, statements.Sign(Offer with { Labels = ["a", "b"], Committee = null }, Market).Statement);
        var second = statements.Sign(Offer with { Slots = 3 }, Market).Statement!;
        Assert.Equal((first.Epoch, 2UL), (second.Epoch, second.Sequence));
        Assert.Equal(3UL, statements.Sign(Offer with { Slots = 3 }, Market with { ChainId = 1 }).Statement!.Sequence);
        Assert.Equal(4UL, statements.Sign(Offer, Market).Statement!.Sequence);
    }

    [Fact]
    public void Signature_IsThatOfTheOperation()
    {
        var said = new OfferStatements(Key, TimeProvider.System).Sign(Offer, Market).Statement!;
        var operation = new OfferOperation
        {
            Worker = Offer.Worker,
            PayTo = Offer.PayTo,
            PricePerMillionFuel = Offer.PricePerMillionFuel,
            Slots = 2,
            MemoryPages = 16,
            BuyerReputationMin = 0,
            RefusedAccounts = Offer.RefusedAccounts!.Reverse(),
            Labels = ["a", "b"],
        }.Signed(said.Epoch, said.Sequence, said.Time);

        Assert.True(Ed25519.Verify(Key.PublicKey, operation.Digest(Market).ToArray(), said.Signature.Span));
        Assert.Null(LedgerKinds.Refusal(operation));
        Assert.Equal((default, Offer.Worker.Value), (operation.Change, operation.Author));
    }
}
