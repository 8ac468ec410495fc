namespace Marketplace;

/// <summary>
/// What a worker says of itself, and a job asks for, in one word: <c>key</c> or <c>key=value</c>, for example <c>gpu</c> and
/// <c>region=eu</c>. A worker with <c>region=eu</c> meets <c>region</c> too.
/// </summary>
public static class WorkerLabels
{
    /// <summary>The form of a label, as errors and documents tell it.</summary>
    public const string Form =
        "key or key=value; a key is small letters, digits and . - _ /, a value also capital letters, : and +, each beginning with a letter "
        + "or digit";

    /// <summary>Whether the text is a label.</summary>
    public static bool IsLabel(string? text)
    {
        if (text is null)
        {
            return false;
        }
        var key = KeyOf(text);
        var hasValue = key.Length < text.Length;
        return IsWord(key, WorkerLimits.LabelKeyCharsMax, isKey: true)
            && (!hasValue || IsWord(text.AsSpan(key.Length + 1), WorkerLimits.LabelValueCharsMax, isKey: false));
    }

    /// <summary>What stands before the equals sign; all of a label without one.</summary>
    public static string KeyOf(string label) => label.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? label[..end] : label;

    /// <summary>What the labels meet: each, and its key alone.</summary>
    public static IEnumerable<string> Met(IReadOnlyCollection<string> labels) => labels.Concat(labels.Select(KeyOf)).Distinct();

    private static bool IsWord(ReadOnlySpan<char> word, int charsMax, bool isKey)
    {
        if (word.Length == 0 || word.Length > charsMax || !char.IsAsciiLetterOrDigit(word[0]))
        {
            return false;
        }
        foreach (var letter in word)
        {
            var isAllowed =
                char.IsAsciiLetterLower(letter)
                || char.IsAsciiDigit(letter)
                || letter is '.' or '-' or '_' or '/'
                || (!isKey && (char.IsAsciiLetterUpper(letter) || letter is ':' or '+'));
            if (!isAllowed)
            {
                return false;
            }
        }
        return true;
    }
}
