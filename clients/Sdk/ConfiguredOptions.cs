using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Marketplace;

/// <summary>Reads options from a section of an application's configuration. What is not understood is a fault, not a default.</summary>
internal static class ConfiguredOptions
{
    private const string DataFolder = "DataFolder";

    private static readonly Dictionary<string, Action<MarketplaceClientOptions, string>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(MarketplaceClientOptions.Url)] = (options, text) => options.Url = new Uri(text, UriKind.RelativeOrAbsolute),
        [nameof(MarketplaceClientOptions.Key)] = (options, text) => options.Key = text,
        [nameof(MarketplaceClientOptions.AllowPlaintext)] = (options, text) => options.AllowPlaintext = bool.Parse(text),
        [nameof(MarketplaceClientOptions.ConnectTimeout)] = (options, text) => options.ConnectTimeout = Time(text),
        [nameof(MarketplaceClientOptions.RequestTimeout)] = (options, text) => options.RequestTimeout = Time(text),
        [nameof(MarketplaceClientOptions.StallTimeout)] = (options, text) => options.StallTimeout = Time(text),
        [nameof(MarketplaceClientOptions.Retries)] = (options, text) => options.Retries = int.Parse(text, CultureInfo.InvariantCulture),
        [nameof(MarketplaceClientOptions.RetryDelayMin)] = (options, text) => options.RetryDelayMin = Time(text),
        [nameof(MarketplaceClientOptions.RetryDelayMax)] = (options, text) => options.RetryDelayMax = Time(text),
        [nameof(MarketplaceClientOptions.UnstatedPriceMax)] = (options, text) => options.UnstatedPriceMax = TokenAmount.Parse(text),
    };

    /// <exception cref="ArgumentException">A name is unknown or a value is not of its form; the message says which and what is
    /// expected.</exception>
    public static void Apply(IConfiguration section, MarketplaceClientOptions options)
    {
        // First, so that an address or a key beside it counts.
        if (section[DataFolder] is { } path)
        {
            var folder = new DataFolder(path);
            (options.Url, options.Key) = (folder.ReadUrl(), folder.ReadKey());
        }
        foreach (var setting in section.GetChildren().Where(setting => !setting.Key.Equals(DataFolder, StringComparison.OrdinalIgnoreCase)))
        {
            if (!Settings.TryGetValue(setting.Key, out var set))
            {
                throw new ArgumentException(
                    $"{setting.Path} is no option of {nameof(MarketplaceClientOptions)}: "
                        + $"expected {DataFolder}, {string.Join(", ", Settings.Keys)}."
                );
            }
            try
            {
                set(options, setting.Value ?? "");
            }
            catch (Exception malformed) when (malformed is FormatException or OverflowException)
            {
                // Without the value: a key put into the wrong place must not get into a log.
                throw new ArgumentException(
                    $"{setting.Path} is not of the form that {nameof(MarketplaceClientOptions)}.{setting.Key} has.",
                    malformed
                );
            }
        }
    }

    private static TimeSpan Time(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);
}
