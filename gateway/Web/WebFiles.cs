using System.Collections.Frozen;
using System.IO.Compression;
using System.Net.Mime;
using System.Security.Cryptography;

namespace Marketplace.Gateway;

/// <summary>The built pages of dashboards/web, which this library brings along.</summary>
internal sealed class WebFiles
{
    /// <summary>What every page begins with.</summary>
    public const string Index = "index.html";

    private const string Prefix = "web/";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = MediaTypeNames.Image.Svg,
        [".wasm"] = MediaTypeNames.Application.Wasm,
    };

    private readonly FrozenDictionary<string, Lazy<WebFile>> _files;

    public WebFiles()
    {
        var assembly = typeof(WebFiles).Assembly;
        _files = assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            // A build on Windows writes folders its own way.
            .ToFrozenDictionary(name => name[Prefix.Length..].Replace('\\', '/'), name => new Lazy<WebFile>(() => Load(name)));

        WebFile Load(string name)
        {
            using var resource = assembly.GetManifestResourceStream(name)!;
            var content = new byte[resource.Length];
            resource.ReadExactly(content);
            var type = Types[Path.GetExtension(name)];
            return new WebFile(type, content, Compressed(content), $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..16])}\"");
        }
    }

    public IEnumerable<string> Names => _files.Keys;

    public WebFile? Find(string name) => _files.GetValueOrDefault(name)?.Value;

    private static byte[] Compressed(byte[] content)
    {
        using var output = new MemoryStream();
        using (var brotli = new BrotliStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            brotli.Write(content);
        }
        return output.ToArray();
    }
}

/// <param name="Type">Its media type.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Brotli">The same, compressed.</param>
/// <param name="Tag">Its ETag.</param>
internal sealed record WebFile(string Type, ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> Brotli, string Tag);
