using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>An account whose books cannot be changed keeps no other account from its money, and has its own once they can.</summary>
public sealed class AccountFaultTests
{
    /// <summary>The accounts' addresses are told in one order: the sick one is once the first and once the last.</summary>
    [Theory]
    [InlineData("client", true), InlineData("worker", true), InlineData("client", false), InlineData("worker", false)]
    public void AccountThatCannotBeChanged_KeepsNoOtherWaiting(string sick, bool isDamaged) =>
        SettlementScene.Run(async scene =>
        {
            var well = sick == "client" ? "worker" : "client";
            var (sickOwner, wellOwner, books) = (Owner(scene, sick), Owner(scene, well), $"account {TestMarket.Id(sick)}");

            await Break();
            scene.Chain.Do(state => state.Deposit(sickOwner, 1_000).Deposit(wellOwner, 1_000));
            await scene.Until(async () => (await scene.Books(well)).Available == new TokenAmount(1_000));
            await TroubleNamesTheSickOne();
            // What comes later is counted too.
            scene.Chain.Do(state => state.Deposit(wellOwner, 200));
            await scene.Until(async () => (await scene.Books(well)).Available == new TokenAmount(1_200));
            Heal();
            await scene.Until(async () => (await scene.Books(sick)).Available == new TokenAmount(1_000));
            await scene.Until(async () => (await scene.Status()).Trouble is null);

            await Break();
            scene.Chain.Do(state => state.Request(sickOwner, 300).Request(wellOwner, 300));
            await scene.Until(async () => (await scene.Books(well)).Available == new TokenAmount(900));
            await TroubleNamesTheSickOne();
            Heal();
            await scene.Until(async () => (await scene.Books(sick)).Available == new TokenAmount(700));
            await scene.UntilSettled((await scene.Status()).Settled + 1);
            Assert.Equal(new TokenAmount(900), (await scene.Books(well)).Available);
            scene.Check();

            async Task Break()
            {
                // The account is read anew, and what is in memory of it is gone.
                await scene.CrashAndStart();
                var stream = $"account/{TestMarket.Id(sick)}";
                var damage = new StoreDamagedException("entries", "A record is cut short.");
                scene.Market.Store.OnRead = name => isDamaged && name.StartsWith(stream, StringComparison.Ordinal) ? damage : null;
                scene.Market.Store.OnWrite = name =>
                    !isDamaged && name.StartsWith(stream, StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            }

            void Heal()
            {
                scene.Market.Store.OnRead = _ => null;
                scene.Market.Store.OnWrite = _ => WriteFate.Done;
            }

            async Task TroubleNamesTheSickOne() =>
                await scene.Until(async () =>
                    (await scene.Status()).Trouble is { } trouble
                    && (
                        trouble.Contains($"such as {sickOwner}", StringComparison.Ordinal)
                        || trouble.Contains(books, StringComparison.Ordinal)
                    )
                );
        });

    private static EvmAddress Owner(SettlementScene scene, string name) =>
        SettlementScene.Of(name == "client" ? scene.Client : scene.Worker);
}
