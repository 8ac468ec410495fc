namespace Marketplace.Tests.Silo;

/// <summary>A silo checks its books, and says so.</summary>
public sealed class BooksTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BooksOfAWorkingSilo_AreSound_AndDoctorSaysSo()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var silo = await SiloProcess.Start(data, Cancellation);
        await using var client = silo.Client();
        await CommandLine.Run(folder.Path, "job", "run", CommandLine.Program("echo"), "--text", "hello");

        var books = await FreshBooks.Of(client, Cancellation);

        Assert.Equal((BooksState.Sound, 2, null), (books.State, books.Accounts, books.Violations));
        Assert.Equal(books.Sums!.Credited, books.Sums.Available + books.Sums.Held + books.Sums.UnderWay);
        Assert.False(books.Sums.Credited.IsZero);
        var (code, output, _) = await CommandLine.Run(folder.Path, "doctor");
        Assert.Equal(0, code);
        Assert.Contains("ok      books: 2 accounts add up", output, StringComparison.Ordinal);
    }
}
