using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Marketplace.Storage;

/// <summary>One step of the database's schema: the embedded resource <c>NNN_name.sql</c>.</summary>
/// <param name="Number">Scripts are applied in this order.</param>
/// <param name="Name">The resource's name.</param>
/// <param name="Sql">What it says, with lines ended by LF.</param>
internal sealed record SchemaScript(int Number, string Name, string Sql)
{
    private const int DigitCount = 3;

    /// <summary>SHA-256 of the script, as <c>sha256sum FILE</c> prints it.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    /// <summary>Every script of this build, in order.</summary>
    public static IReadOnlyList<SchemaScript> All { get; } = Load(typeof(SchemaScript).Assembly);

    private static SchemaScript[] Load(Assembly assembly) =>
        [
            .. assembly
                .GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Select(name => Read(assembly, name))
                .OrderBy(script => script.Number),
        ];

    private static SchemaScript Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        var number = int.Parse(name.AsSpan(0, DigitCount), NumberStyles.None, CultureInfo.InvariantCulture);
        // A checkout that ended its lines otherwise must not look like another script.
        return new SchemaScript(number, name, reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}
