namespace Marketplace.Engine.Guests;

/// <summary>
/// Names that a module or a client chose, as they may stand in a reason: a name may be long, forge a line or hold what a terminal obeys.
/// </summary>
internal static class GuestNames
{
    private const int ShownMax = 80;
    private const int ListedMax = 8;
    private const int SampledMax = 3;

    /// <returns>The name with everything but printable ASCII replaced by a question mark, cut where it is long.</returns>
    public static string Show(string name)
    {
        var shown = string.Create(
            Math.Min(name.Length, ShownMax),
            name,
            static (text, whole) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = whole[i] is >= ' ' and <= '~' ? whole[i] : '?';
                }
            }
        );
        return name.Length > ShownMax ? shown + "..." : shown;
    }

    public static string Show(IReadOnlyList<string> names) => Show(names, ListedMax);

    /// <returns>A few of them, where what they have in common is what matters.</returns>
    public static string ShowSome(IReadOnlyList<string> names) => Show(names, SampledMax);

    private static string Show(IReadOnlyList<string> names, int max)
    {
        var shown = string.Join(", ", names.Take(max).Select(Show));
        return names.Count > max ? $"{shown} and {names.Count - max} more" : shown;
    }
}
