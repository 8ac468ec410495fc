using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Orleans.Runtime;

/// <summary>Guid keys are 32 hex digits, integer keys are in hex; then <c>+extension</c> where there is one.</summary>
public static class GrainIdKeyExtensions
{
    private const char ExtensionMark = '+';

    public static IdSpan CreateIntegerKey(long key) => IdSpan.Create(key.ToString("X", CultureInfo.InvariantCulture));

    public static IdSpan CreateIntegerKey(long key, string? keyExtension) =>
        IdSpan.Create(WithExtension(key.ToString("X", CultureInfo.InvariantCulture), keyExtension));

    public static IdSpan CreateGuidKey(Guid key) => IdSpan.Create(key.ToString("N"));

    public static IdSpan CreateGuidKey(Guid key, string? keyExtension) => IdSpan.Create(WithExtension(key.ToString("N"), keyExtension));

    public static bool TryGetIntegerKey(this GrainId grainId, out long key, out string? keyExt)
    {
        Split(grainId, out var text, out keyExt);
        return long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);
    }

    public static long GetIntegerKey(this GrainId grainId) => GetIntegerKey(grainId, out _);

    public static long GetIntegerKey(this GrainId grainId, out string? keyExt) =>
        TryGetIntegerKey(grainId, out var key, out keyExt) ? key : throw WrongKind(grainId, "an integer");

    public static bool TryGetGuidKey(this GrainId grainId, out Guid key, out string? keyExt)
    {
        Split(grainId, out var text, out keyExt);
        return Guid.TryParseExact(text, "N", out key);
    }

    public static Guid GetGuidKey(this GrainId grainId) => GetGuidKey(grainId, out _);

    public static Guid GetGuidKey(this GrainId grainId, out string? keyExt) =>
        TryGetGuidKey(grainId, out var key, out keyExt) ? key : throw WrongKind(grainId, "a Guid");

    private static string WithExtension(string key, string? extension) =>
        string.IsNullOrWhiteSpace(extension) ? key : $"{key}{ExtensionMark}{extension}";

    [SuppressMessage("Globalization", "CA1307", Justification = "The overload for a character is ordinal.")]
    private static void Split(GrainId grainId, out string key, out string? extension)
    {
        var text = grainId.Key.ToString();
        var mark = text.IndexOf(ExtensionMark);
        (key, extension) = mark < 0 ? (text, null) : (text[..mark], text[(mark + 1)..]);
    }

    private static InvalidOperationException WrongKind(GrainId grainId, string expected) =>
        new($"The key of the grain {grainId} is not {expected}.");
}
