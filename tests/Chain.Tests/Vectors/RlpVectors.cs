using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Marketplace.Crypto.Tests;

namespace Marketplace.Chain.Tests;

/// <summary>RLP that is written byte for byte and read back to the same, and encodings that must be refused.</summary>
public static class RlpVectors
{
    public const string OfficialFile = "ethereum/rlp/rlptest.json";
    public const string TreesFile = "ethereum/rlp/ethers-rlp-coder.json";
    public const string InvalidFile = "ethereum/rlp/invalid.json";

    public static VectorTally RunOfficial(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var test in document.RootElement.GetProperty("tests").EnumerateObject())
        {
            tally.Add(test.Name, Passes(test.Value.GetProperty("in"), Bytes(test.Value.GetProperty("out"))));
        }
        return tally;
    }

    public static VectorTally RunTrees(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var test in document.RootElement.EnumerateArray())
        {
            tally.Add(test.GetProperty("name").GetString()!, Passes(test.GetProperty("decoded"), Bytes(test.GetProperty("encoded"))));
        }
        return tally;
    }

    public static VectorTally RunInvalid(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var test in document.RootElement.GetProperty("tests").EnumerateObject())
        {
            tally.Add(test.Name, IsRefused(Bytes(test.Value.GetProperty("out"))));
        }
        return tally;
    }

    public static bool IsRefused(byte[] rlp)
    {
        try
        {
            var reader = new RlpReader(rlp);
            Copy(ref reader, new RlpWriter());
            reader.RequireEnd();
            return false;
        }
        catch (RlpException)
        {
            return true;
        }
    }

    /// <summary>Reads a value and writes it again.</summary>
    public static void Copy(ref RlpReader reader, RlpWriter writer)
    {
        if (!reader.IsList)
        {
            writer.Write(reader.ReadBytes());
            return;
        }
        var items = reader.ReadList();
        var inner = new RlpWriter();
        while (!items.IsAtEnd)
        {
            Copy(ref items, inner);
        }
        var bytes = inner.Written.ToArray();
        writer.WriteList(list => list.Append(bytes));
    }

    private static bool Passes(JsonElement value, byte[] rlp)
    {
        var (written, copied) = (new RlpWriter(), new RlpWriter());
        Write(value, written);
        var reader = new RlpReader(rlp);
        Copy(ref reader, copied);
        return written.Written.SequenceEqual(rlp) && copied.Written.SequenceEqual(rlp) && reader.IsAtEnd;
    }

    private static void Write(JsonElement value, RlpWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteList(list =>
                {
                    foreach (var item in value.EnumerateArray())
                    {
                        Write(item, list);
                    }
                });
                break;
            case JsonValueKind.Number:
                writer.Write(value.GetUInt64());
                break;
            default:
                var text = value.GetString()!;
                if (text.StartsWith('#'))
                {
                    writer.Write(BigInteger.Parse(text[1..], CultureInfo.InvariantCulture));
                }
                else
                {
                    writer.Write(
                        text.StartsWith("0x", StringComparison.Ordinal) ? Convert.FromHexString(text[2..]) : Encoding.Latin1.GetBytes(text)
                    );
                }
                break;
        }
    }

    private static byte[] Bytes(JsonElement hex) => Convert.FromHexString(hex.GetString()!.Replace("0x", "", StringComparison.Ordinal));
}
