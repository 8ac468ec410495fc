using System.Text.RegularExpressions;

namespace Marketplace.Cli;

/// <summary>
/// Says in the words of the command line what the service says in those of its HTTP API: members of requests are options here, and routes
/// are commands. What is not in the table stays as it is.
/// </summary>
internal static partial class RefusalWords
{
    private static readonly Dictionary<string, string> Members = new(StringComparer.Ordinal)
    {
        ["priceMax"] = "--max-price",
        ["fuelMax"] = "--fuel",
        ["memoryPagesMax"] = "--memory",
        ["timeMax"] = "--timeout",
        ["timeMaxMs"] = "--timeout",
        ["entryPoint"] = "--entry",
        ["requestId"] = "--request-id",
        ["inputFiles"] = "--input-file",
        ["inputBlob"] = "--input",
        ["spendLimit"] = "--spend-limit",
        ["liarsPermille"] = "--liars",
        ["auctionMs"] = "--auction",
        ["expiresAfter"] = "the time that it may wait",
    };

    private static readonly (string Http, string Here)[] Phrases =
    [
        ("Upload it with PUT or POST.", "Store it with 'market blob put'."),
        ("GET the job to see its state and reason.", "'market job status' shows its state and the reason."),
        ("Wait for the seconds in Retry-After; send jobs in batches.", "Wait a moment."),
        (" after the seconds in Retry-After", " in a moment"),
        ("Send the request again", "Try again"),
        ("Send it again", "Try again"),
    ];

    public static string Of(string detail)
    {
        foreach (var (http, here) in Phrases)
        {
            detail = detail.Replace(http, here, StringComparison.Ordinal);
        }
        return Member().Replace(detail, found => Members.GetValueOrDefault(found.Groups["name"].Value, found.Value));
    }

    // With its quotes, and with what a path in a request puts before it.
    [GeneratedRegex(@"'?(\$\.)?\b(?<name>[a-z]+(?:[A-Z][a-z]+)+)\b'?", RegexOptions.CultureInvariant)]
    private static partial Regex Member();
}
