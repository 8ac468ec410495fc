using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>What strangers write is shown as text: it runs nothing, loads nothing, and turns nothing around.</summary>
public sealed class HostileTextTests(Market market) : IClassFixture<Market>
{
    public static TheoryData<string> Texts =>
        [
            "<script>document.title='owned'</script>",
            "<img src=x onerror=\"document.title='owned'\">",
            "<svg/onload=document.title='owned'>",
            "\"><iframe srcdoc='<script>parent.document.title=1</script>'>",
            "javascript:document.title='owned'",
            "</pre></main><style>*{display:none}</style>",
            "{{constructor.constructor('document.title=1')()}}",
            "${document.title='owned'}",
            "before\u202Eafter\u202C",
            "a\u200Bb\uFEFFc\u00ADd",
            "line\u2028separator\u0007bell\u001B[31mred",
            "&lt;b&gt;&amp;",
        ];

    [Theory, MemberData(nameof(Texts))]
    public async Task OutputInputAndName_AreShownAsTheyAre(string text)
    {
        var job = await market.Echo(text);
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        var input = page.GetByLabel("Input as text");
        await Expect(input).ToBeVisibleAsync();
        Assert.Equal(Visible(text), await input.TextContentAsync());
        Assert.Equal(0, await input.Locator("*").CountAsync());
        await Expect(page).ToHaveTitleAsync("Marketplace");
        await Expect(page.GetByLabel("Output as text")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task EscapesAndMarkupOfAProgram_AreShown_InOutputAndLog()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Market.Program("faulty"));
        var program = await market.Client.Programs.Deploy(module, "faulty", cancellation: cancellation);
        var job = await market.Client.Jobs.Run(new JobSpec { Program = program.Id, InputText = "hostile" }, cancellation: cancellation);
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        // Its broken UTF-8 is no text at all.
        await Expect(page.GetByLabel("Output as hex")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Log as hex")).ToBeVisibleAsync();
        await page.SetViewportSizeAsync(390, 844);
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth"));
        await Expect(page).ToHaveTitleAsync("Marketplace");
    }

    /// <summary>Control characters but newline and tab, and those that are not seen or turn writing, as their numbers.</summary>
    private static string Visible(string text) =>
        string.Concat(
            text.EnumerateRunes()
                .Select(rune =>
                    rune.Value is not ('\n' or '\t')
                    && System.Text.Rune.GetUnicodeCategory(rune)
                        is System.Globalization.UnicodeCategory.Control
                            or System.Globalization.UnicodeCategory.Format
                            or System.Globalization.UnicodeCategory.LineSeparator
                        ? $"⟨U+{rune.Value:X4}⟩"
                        : rune.ToString()
                )
        );
}
