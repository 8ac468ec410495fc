using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Marketplace.Tests;

namespace Marketplace.Grains.Tests;

/// <summary>The reading of the books after a benchmark or a check: it finds what it is there to find.</summary>
public sealed class BooksTests : IDisposable
{
    private static readonly JobId Job = new(new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]));

    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-books-").FullName;
    private readonly AccountId _account;

    public BooksTests()
    {
        using var key = KeyFile.Create(Path.Combine(_folder, "account.key"));
        _account = new AccountId(key.PublicKey);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task BooksOfAStoreThatNobodyUsed_AreNoSoundBooks()
    {
        var books = await Books.Read(_folder);

        Assert.Contains(books.Violations, violation => violation.Contains("not the books of a silo", StringComparison.Ordinal));
        Assert.Equal(0, books.PaidJobs);
    }

    [Theory]
    [InlineData(1), InlineData(2)]
    public async Task JobThatWasPaidTwice_IsFound_AndOneThatWasPaidOnceIsCounted(int times)
    {
        await Write(times);

        var books = await Books.Read(_folder);

        Assert.Equal((1, times - 1), (books.PaidJobs, books.PaidTwice));
        Assert.Equal(times == 1 ? [] : new[] { $"Job {Job} was paid twice." }, books.Violations);
    }

    private async Task Write(int times)
    {
        var five = new TokenAmount(5);
        List<AccountEvent> events =
        [
            new Credited("first start", new TokenAmount(100), null, null),
            new KeyCreated("mk01", "local", Scopes.Submit, null, DateTimeOffset.UnixEpoch),
        ];
        for (var time = 0; time < times; time++)
        {
            events.Add(new Held(DateTimeOffset.UnixEpoch, "mk01", [new HoldItem(Job, five)]));
            events.Add(new Settled([new SettledJob(Job, five)], [], five));
        }
        var options = new EmbeddedStoreOptions { Projections = MarketProjections.All };
        await using var store = EmbeddedStore.Open(Path.Combine(_folder, "store"), options, TimeProvider.System);
        await store.Append($"account/{_account}", 0, [.. events.Select(AccountEventCodec.Write)]);
    }
}
