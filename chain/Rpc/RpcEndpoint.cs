using System.Net.Http.Headers;
using System.Text;

namespace Marketplace.Chain;

/// <summary>
/// Where a node answers. Providers put the customer's key into the URL's path, query or user info, so only scheme, host and port are ever
/// shown: <see cref="Name"/>.
/// </summary>
public sealed class RpcEndpoint
{
    // Shorter parts of a URL, such as "v3", are no secrets, and words of messages contain them.
    private const int SecretCharsMin = 5;

    private readonly string[] _secrets;

    private RpcEndpoint(Uri url)
    {
        Url = new UriBuilder(url)
        {
            UserName = "",
            Password = "",
            Fragment = "",
        }.Uri;
        var user = Uri.UnescapeDataString(url.UserInfo);
        Authorization =
            user.Length == 0 ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
        Name = url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        string[] parts = [url.UserInfo, .. url.UserInfo.Split(':'), .. url.AbsolutePath.Split('/'), .. url.Query.Split('?', '&', '=')];
        _secrets =
        [
            .. parts
                .SelectMany(part => new[] { part, Uri.UnescapeDataString(part) })
                .Where(part => part.Length >= SecretCharsMin)
                .Distinct()
                .OrderByDescending(part => part.Length),
        ];
    }

    /// <summary>Scheme and host, and the port where it is not the scheme's.</summary>
    public string Name { get; }

    /// <summary>Without the user info.</summary>
    internal Uri Url { get; }

    /// <summary>The user info, where the URL has one (<see href="https://www.rfc-editor.org/rfc/rfc7617">RFC 7617</see>).</summary>
    internal AuthenticationHeaderValue? Authorization { get; }

    /// <exception cref="ArgumentException">The text is no URL of http or https. The message does not repeat it.</exception>
    public static RpcEndpoint Parse(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && (parsed.Scheme == Uri.UriSchemeHttp || parsed.Scheme == Uri.UriSchemeHttps)
        && parsed.Host.Length > 0
            ? new RpcEndpoint(parsed)
            : throw new ArgumentException("The endpoint is no URL that begins with http:// or https:// and names a host.", nameof(url));

    public override string ToString() => Name;

    /// <summary>A node's words as they may be logged: short, printable, and without what the URL keeps secret.</summary>
    internal string Clean(string said)
    {
        if (said.Length > RpcPolicy.MessageReadMax)
        {
            // Cut first, a secret could be cut in two and not be found.
            return $"({said.Length} characters)";
        }
        foreach (var secret in _secrets)
        {
            said = said.Replace(secret, "***", StringComparison.OrdinalIgnoreCase);
        }
        var text = new StringBuilder(said, 0, Math.Min(said.Length, RpcPolicy.MessageCharsMax), RpcPolicy.MessageCharsMax + 1);
        for (var index = 0; index < text.Length; index++)
        {
            text[index] = text[index] is >= ' ' and <= '~' ? text[index] : '?';
        }
        return said.Length > RpcPolicy.MessageCharsMax ? $"{text}..." : text.ToString();
    }
}
