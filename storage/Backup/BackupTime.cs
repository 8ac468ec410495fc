using System.Globalization;

namespace Marketplace.Storage;

/// <summary>How moments of backups are written: in full, as the journal has them, so that what is shown can be given back.</summary>
public static class BackupTime
{
    private const string Form = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">It is not the text of a moment.</exception>
    internal static DateTimeOffset Parse(string text) =>
        DateTimeOffset.ParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
