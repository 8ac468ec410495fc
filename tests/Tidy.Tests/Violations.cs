namespace Marketplace.Tests.Tidy;

internal static class Violations
{
    /// <summary>Fails with all of them, a line each.</summary>
    public static void AssertNone(IEnumerable<string?> violations)
    {
        var all = violations.ToArray();
        Assert.True(all.Length == 0, string.Join('\n', all.Prepend("What breaks the rule:")));
    }
}
