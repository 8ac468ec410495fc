using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>A page that is used without a mouse.</summary>
internal static class Keyboard
{
    /// <summary>More than any page has controls before the one that is looked for.</summary>
    private const int TabsMax = 150;

    /// <summary>Goes on with Tab until the control has the focus, which must be seen.</summary>
    public static async Task Reach(IPage page, ILocator control)
    {
        await Expect(control).ToBeEnabledAsync();
        for (var presses = 0; presses < TabsMax; presses++)
        {
            if (await control.EvaluateAsync<bool>("control => control === document.activeElement"))
            {
                var outline = await control.EvaluateAsync<string>(
                    "control => control.matches(':focus-visible') ? getComputedStyle(control).outlineStyle : 'none'"
                );
                Assert.True(outline != "none", $"{control} does not show that it has the focus");
                return;
            }
            await page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail($"{control} is not reached with {TabsMax} presses of Tab");
    }

    public static async Task Press(IPage page, ILocator control)
    {
        await Reach(page, control);
        await page.Keyboard.PressAsync("Enter");
    }

    public static async Task Type(IPage page, ILocator field, string text)
    {
        await Reach(page, field);
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.PressAsync("Delete");
        await page.Keyboard.TypeAsync(text);
    }
}
