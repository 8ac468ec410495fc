namespace Marketplace.Verify.Sim;

/// <summary>Some lines of the product that keep one kind of mistake or lie from having effect.</summary>
/// <param name="Name">As <c>--without</c> names it.</param>
/// <param name="File">Where it stands, from the root of the checkout.</param>
/// <param name="Text">The lines, exactly as they stand there, once.</param>
/// <param name="Replacement">What stands there without it.</param>
/// <param name="Guards">What it keeps from happening.</param>
internal sealed record Safeguard(string Name, string File, string Text, string Replacement, string Guards)
{
    /// <returns>Null where the text stands in the file exactly once.</returns>
    public string? Trouble(string content)
    {
        var first = content.IndexOf(Text, StringComparison.Ordinal);
        return first < 0 ? $"the text of the safeguard '{Name}' is not in {File}: write it anew as it stands there now"
            : content.IndexOf(Text, first + 1, StringComparison.Ordinal) >= 0
                ? $"the text of the safeguard '{Name}' stands in {File} more than once: make it longer"
            : null;
    }

    public string RemoveFrom(string content) =>
        Trouble(content) is { } trouble
            ? throw new InvalidOperationException($"Nothing was removed: {trouble}.")
            : content.Replace(Text, Replacement, StringComparison.Ordinal);
}
