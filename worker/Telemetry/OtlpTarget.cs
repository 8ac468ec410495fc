using System.Globalization;
using System.Text.RegularExpressions;

namespace Marketplace.Worker;

/// <summary>Where a process sends metrics, traces and logs, and which share of jobs it traces.</summary>
/// <param name="Url">Of a receiver of OTLP over HTTP in protobuf; the paths of the three signals are appended.</param>
/// <param name="TraceSample">From 0, no job, to 1, all.</param>
public sealed partial record OtlpTarget(Uri Url, double TraceSample)
{
    /// <summary>What <see cref="TryUrl"/> takes, for messages.</summary>
    public const string UrlForm = "an http or https URL without user, query and fragment, such as http://127.0.0.1:4318";

    /// <summary>What <see cref="TrySample"/> takes, for messages.</summary>
    public const string SampleForm = "a number from 0 to 1";

    public const string UrlHelp =
        "base URL of an OpenTelemetry receiver, such as http://127.0.0.1:4318: OTLP over HTTP in protobuf, not gRPC; v1/metrics, v1/traces "
        + "and v1/logs are appended";

    public const string SampleHelp = "share of jobs whose traces go there, 0 to 1";

    /// <summary>Of a hundred jobs one: enough to see where time goes, too little to cost any.</summary>
    public const string SampleDefault = "0.01";

    /// <summary>A password in it would stand in the list of processes, and a receiver's path is a fixed one.</summary>
    public static Uri? TryUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }
            ? url
            : null;

    /// <summary>A URL that was refused, as a message may repeat it: without what can be a password or a key.</summary>
    public static string Shown(string text) => Secret.Replace(text, "***");

    public static double? TrySample(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
            ? share
            : null;

    public Uri For(string signal) => new($"{Url.AbsoluteUri.TrimEnd('/')}/v1/{signal}");

    /// <summary>All before the last at sign but the scheme, then all behind the query's or the fragment's mark.</summary>
    [GeneratedRegex(
        @"(?:(?<=^[a-z]+://)|^(?![a-z]+://)).+(?=@)|(?<=[?#]).+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline
    )]
    private static partial Regex Secret { get; }
}
