using Microsoft.Playwright;

namespace Marketplace.Benchmarks.Pages;

/// <summary>One visit of the list of jobs: opened, filtered, scrolled, a job opened and left again.</summary>
internal sealed class ListVisit(PagesMarket market, IPage page, PageActions times)
{
    private const int FarRow = 10_000;

    public async Task Run(bool scrollsFar)
    {
        await page.GotoAsync($"{market.Url}/silo");
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).WaitForAsync();
        await Time(
            "open the list",
            "probe.rows().length >= 10",
            () => page.GetByRole(AriaRole.Link, new() { Name = "Jobs", Exact = true }).ClickAsync()
        );
        await FilterByState();
        await FilterByProgram();
        await FilterById();
        await Scroll("End", "End", scrollsFar ? FarRow : FarRow / 20);
        await OpenAndReturn();
        await page.Keyboard.PressAsync("Home");
        await Scroll("wheel", null, FarRow / 20);
        await Scroll("PageUp", "PageUp", FarRow / 40);
    }

    private async Task FilterByState()
    {
        var field = page.GetByLabel("State");
        foreach (var state in (string[])["failed", "completed", "running", ""])
        {
            var like = state switch
            {
                "" => "probe.rows().length >= 10",
                // There may be none, which is said.
                "running" => "document.querySelector('main').innerText.includes('No job is like this') || "
                    + "probe.each(row => row.cells[1].innerText === 'running')",
                _ => $"probe.each(row => row.cells[1].innerText === '{state}')",
            };
            await Time($"filter by state: {(state.Length == 0 ? "all" : state)}", like, () => field.SelectOptionAsync(state));
        }
    }

    private async Task FilterByProgram()
    {
        var field = page.GetByLabel("Program");
        foreach (var (name, program) in new[] { ("rare", market.Rare), ("common", market.Common) })
        {
            var like = $"probe.each(row => row.querySelector('a[href=\"/programs/{program}\"]') !== null)";
            await Time($"filter by program: {name}", like, () => field.FillAsync(program.ToString()));
            await page.GetByLabel("State").SelectOptionAsync("");
            await Time(
                $"filter by program and state: {name}",
                $"{like} && probe.each(row => row.cells[1].innerText === 'completed')",
                () => page.GetByLabel("State").SelectOptionAsync("completed")
            );
            await page.GetByLabel("State").SelectOptionAsync("");
            await Time("clear the program", "probe.rows().length >= 10", () => field.FillAsync(""));
        }
    }

    private async Task FilterById()
    {
        var field = page.GetByLabel("Id begins with");
        await field.ClickAsync();
        var id = (await page.EvaluateAsync<string>("probe.rows()[0].querySelector('a').getAttribute('href')")).Split('/')[^1];
        await page.Keyboard.TypeAsync(id[..7]);
        for (var digits = 8; digits <= 12; digits++)
        {
            await Time(
                "filter by id, each digit from the eighth",
                $"probe.each(row => row.querySelector('a[href^=\"/jobs/{id[..digits]}\"]') !== null)",
                () => page.Keyboard.TypeAsync(id[digits - 1].ToString())
            );
        }
        await Time("filter by id and state", "probe.rows().length >= 1", () => page.GetByLabel("State").SelectOptionAsync("completed"));
        await page.GetByLabel("State").SelectOptionAsync("");
        await field.FillAsync("");
        await page.EvaluateAsync("probe.until(() => probe.rows().length >= 10 && probe.isFull())");
    }

    /// <summary>Scrolls by a key or the wheel until this row is in view; each step ends when the list is full of rows further on.</summary>
    private async Task Scroll(string name, string? key, int rows)
    {
        var box = page.GetByRole(AriaRole.Region, new() { Name = "Jobs", Exact = true });
        await box.FocusAsync();
        await box.HoverAsync();
        await page.EvaluateAsync("probe.until(() => probe.isFull())");
        var isBack = key == "PageUp";
        for (var last = await RowInView(); isBack ? last > FarRow / 40 : last < rows; last = await RowInView())
        {
            var shown = isBack ? $"probe.isFull() && probe.rowAt(0.5) < {last}" : $"probe.isFull() && probe.rowAt(0.5) > {last}";
            var step = name == "End" ? $"scroll by End, row {(last < FarRow / 2 ? "1 to 5,000" : "5,000 to 10,000")}" : $"scroll by {name}";
            await Time(step, shown, () => key is null ? page.Mouse.WheelAsync(0, 700) : page.Keyboard.PressAsync(key));
        }
    }

    /// <summary>The row in the middle once the list rests.</summary>
    private async Task<int> RowInView()
    {
        await page.EvaluateAsync("probe.rest()");
        return await page.EvaluateAsync<int>("probe.rowAt(0.5)");
    }

    private async Task OpenAndReturn()
    {
        var row = await RowInView();
        var link = page.Locator($"tr[aria-rowindex=\"{row}\"] a").First;
        await Time(
            "open a job",
            "document.querySelector('h1')?.innerText.startsWith('Job') && document.querySelector('main').innerText.includes('Submitted')",
            () => link.ClickAsync()
        );
        await Time("return to the list, where it was", $"probe.isFull() && probe.rowAt(0.5) === {row}", () => page.GoBackAsync());
    }

    private Task Time(string action, string isShown, Func<Task> act) => times.Time(page, action, isShown, act);
}
